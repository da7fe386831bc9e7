"""Judges texts: what the seed's `ml_service` is."""

import grpc
from grpc_service import serve

protos, services = grpc.protos_and_services("analysis.proto")

GOOD = {"great", "fast", "love", "good", "happy"}
BAD = {"bad", "slow", "hate", "broken"}


class Analysis(services.AnalysisServiceServicer):
    def Analyze(self, request, context):
        words = [word.strip(".,!?").lower() for word in request.content.split()]
        good, bad = (sum(word in group for word in words) for group in (GOOD, BAD))
        return protos.AnalyzeResponse(
            sentiment="positive" if good >= bad else "negative",
            confidence=0.95 if good + bad > 0 else 0.4,
            keywords=sorted({word for word in words if len(word) > 6}),
        )


serve("analysis", "analysis.v1.AnalysisService",
      lambda server: services.add_AnalysisServiceServicer_to_server(Analysis(), server))
