package examples;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** Writes one JSON line per call: what came in and what became of it. */
final class CallLog {
  private static final JsonFormat.Printer JSON =
      JsonFormat.printer().preservingProtoFieldNames().omittingInsignificantWhitespace();

  private final String service;
  private final List<String> lines = new ArrayList<>();

  CallLog(String service) {
    this.service = service;
  }

  synchronized void add(String call, String key, MessageOrBuilder input, String status) {
    Struct line = Struct.newBuilder()
        .putFields("service", text(service))
        .putFields("call", text(call))
        .putFields("key", key == null ? Value.newBuilder().setNullValueValue(0).build() : text(key))
        .putFields("status", text(status))
        .putFields("at", Value.newBuilder().setNumberValue(milliseconds()).build())
        .build();
    String head = json(line);
    lines.add(head.substring(0, head.length() - 1) + ",\"input\":" + json(input) + "}");
    System.out.println(lines.get(lines.size() - 1));
  }

  private static double milliseconds() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now()) / 1000.0;
  }

  /** All lines as a JSON list. */
  synchronized String all() {
    return "[" + String.join(",", lines) + "]";
  }

  static String json(MessageOrBuilder message) {
    try {
      return JSON.print(message);
    } catch (InvalidProtocolBufferException error) {
      throw new IllegalArgumentException(error);
    }
  }

  static Value text(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }
}
