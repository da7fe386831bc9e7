package examples;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What the seed's `legacy_service` is: submissions over plain HTTP, on the JDK's own server. */
public final class Legacy {
  private final CallLog log = new CallLog("legacy");
  private final Map<String, Struct> submissions = new ConcurrentHashMap<>();

  private void handle(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    if (path.equals("/calls")) {
      send(exchange, 200, log.all());
      return;
    }
    Struct.Builder body = Struct.newBuilder();
    String text = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    if (!text.isEmpty()) JsonFormat.parser().merge(text, body);
    int status = 200;
    Struct answer = Struct.getDefaultInstance();
    switch (exchange.getRequestMethod() + " " + path) {
      case "POST /submit" -> {
        String id = "submission-" + (submissions.size() + 1);
        submissions.put(id, body.build());
        answer = answer("id", id, "status", "accepted");
      }
      case "POST /cancel" -> {
        String id = body.getFieldsOrDefault("submission_id", Value.getDefaultInstance()).getStringValue();
        status = submissions.remove(id) == null ? 404 : 200;
        answer = answer("id", id, "status", status == 200 ? "cancelled" : "unknown");
      }
      default -> status = 404;
    }
    log.add(exchange.getRequestMethod() + " " + path, exchange.getRequestHeaders().getFirst("Idempotency-Key"), body, "" + status);
    send(exchange, status, CallLog.json(answer));
  }

  private static Struct answer(String name, String value, String otherName, String otherValue) {
    return Struct.newBuilder().putFields(name, CallLog.text(value)).putFields(otherName, CallLog.text(otherValue)).build();
  }

  private static void send(HttpExchange exchange, int status, String json) throws IOException {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  public static void main(String[] arguments) throws IOException {
    int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "0"));
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    server.createContext("/", new Legacy()::handle);
    server.start();
    System.out.println("listening on " + server.getAddress().getPort());
  }
}
