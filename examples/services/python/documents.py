"""Reads documents: text, language, entities, a summary."""

import re

import grpc
from grpc_service import Refusal, serve

protos, services = grpc.protos_and_services("documents.proto")

COMMON_WORDS = {"en": {"the", "and", "of", "is"}, "de": {"der", "die", "und", "ist"}, "fr": {"le", "la", "et", "est"}}
ENTITIES = {"MONEY": r"€\s?[\d.,]*\d", "DATE": r"\d{4}-\d\d-\d\d", "NAME": r"(?<=Dear )[A-Z]\w+ [A-Z]\w+"}


class Documents(services.DocumentServiceServicer):
    def ExtractText(self, request, context):
        try:
            text = request.content.decode()
        except UnicodeDecodeError as error:
            raise Refusal(grpc.StatusCode.INVALID_ARGUMENT, f'"{request.name}" is not text') from error
        return protos.ExtractTextResponse(text=text, words=len(text.split()))

    def DetectLanguage(self, request, context):
        words = request.text.lower().split()
        counts = {language: sum(word in common for word in words) for language, common in COMMON_WORDS.items()}
        language = max(counts, key=counts.get)
        return protos.DetectLanguageResponse(language=language, confidence=min(1, counts[language] / 4))

    def FindEntities(self, request, context):
        kinds = protos.Entity.Kind
        return protos.FindEntitiesResponse(entities=[
            protos.Entity(kind=kinds.Value(kind), text=found)
            for kind, pattern in ENTITIES.items() for found in re.findall(pattern, request.text)
        ])

    def Summarize(self, request, context):
        return protos.SummarizeResponse(summary=" ".join(request.text.split()[: request.max_words]) + " …")


serve("documents", "documents.v1.DocumentService",
      lambda server: services.add_DocumentServiceServicer_to_server(Documents(), server))
