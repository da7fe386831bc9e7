"""Judges who may have a loan."""

import itertools

import grpc
from google.protobuf.empty_pb2 import Empty
from grpc_service import Refusal, serve

protos, services = grpc.protos_and_services("loans.proto")


class Risk(services.RiskServiceServicer):
    def __init__(self):
        self.numbers = itertools.count(1)
        self.on_file = {}

    def Assess(self, request, context):
        if request.monthly_income <= 0:
            raise Refusal(grpc.StatusCode.INVALID_ARGUMENT, "The income must be above 0")
        share = request.monthly_payment / request.monthly_income
        reasons = ["the payment is more than a third of the income"] if share > 1 / 3 else []
        answer = protos.Assessment(id=f"assessment-{next(self.numbers)}", score=round(100 * (1 - share)), reasons=reasons)
        self.on_file[answer.id] = answer
        return answer

    def Withdraw(self, request, context):
        if self.on_file.pop(request.id, None) is None:
            raise Refusal(grpc.StatusCode.NOT_FOUND, f'There is no assessment "{request.id}"')
        return Empty()


serve("risk", "loans.v1.RiskService", lambda server: services.add_RiskServiceServicer_to_server(Risk(), server))
