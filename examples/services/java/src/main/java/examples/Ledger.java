package examples;

import com.google.protobuf.Empty;
import com.google.protobuf.MessageOrBuilder;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.grpc.stub.StreamObserver;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import loans.v1.LedgerServiceGrpc;
import loans.v1.Loans.Account;
import loans.v1.Loans.CloseAccountRequest;
import loans.v1.Loans.OpenAccountRequest;
import loans.v1.Loans.PayOutRequest;
import loans.v1.Loans.Payout;

/** The accounts of a bank, over gRPC. */
public final class Ledger extends LedgerServiceGrpc.LedgerServiceImplBase {
  private static final double LIMIT = 50_000;
  private static final Context.Key<String> KEY = Context.key("idempotency-key");

  private final CallLog log = new CallLog("ledger");
  private final Map<String, Account> accounts = new ConcurrentHashMap<>();
  private final Map<String, MessageOrBuilder> answers = new ConcurrentHashMap<>();
  private final Set<String> triedOnce = ConcurrentHashMap.newKeySet();

  /** What a method does, apart from logging and remembering its answer. */
  private interface Action<T> {
    T run() throws StatusException;
  }

  @SuppressWarnings("unchecked")
  private <T extends MessageOrBuilder> void answer(
      String call, MessageOrBuilder request, StreamObserver<T> observer, Action<T> action) {
    String key = KEY.get();
    try {
      T answer = key == null ? null : (T) answers.get(key);
      if (answer == null) {
        answer = action.run();
        if (key != null) answers.put(key, answer);
      }
      log.add(call, key, request, "OK");
      observer.onNext(answer);
      observer.onCompleted();
    } catch (StatusException error) {
      log.add(call, key, request, error.getStatus().getCode().name());
      observer.onError(error);
    }
  }

  @Override
  public void openAccount(OpenAccountRequest request, StreamObserver<Account> observer) {
    answer("OpenAccount", request, observer, () -> {
      int number = accounts.size() + 1;
      Account account = Account.newBuilder().setId("account-" + number).setIban("DE00 0000 " + number).build();
      accounts.put(account.getId(), account);
      return account;
    });
  }

  @Override
  public void closeAccount(CloseAccountRequest request, StreamObserver<Empty> observer) {
    answer("CloseAccount", request, observer, () -> {
      if (accounts.remove(request.getId()) == null) {
        throw refusal(Status.NOT_FOUND, "There is no account \"" + request.getId() + "\"");
      }
      return Empty.getDefaultInstance();
    });
  }

  @Override
  public void payOut(PayOutRequest request, StreamObserver<Payout> observer) {
    answer("PayOut", request, observer, () -> {
      if (triedOnce.add(request.getAccountId())) throw refusal(Status.RESOURCE_EXHAUSTED, "The vault is being counted");
      if (request.getAmount() > LIMIT) throw refusal(Status.OUT_OF_RANGE, "No more than " + LIMIT + " at once");
      return Payout.newBuilder().setId("payout-" + request.getAccountId()).setBalance(-request.getAmount()).build();
    });
  }

  private static StatusException refusal(Status status, String message) {
    return status.withDescription(message).asException();
  }

  /** Puts the idempotency key of a call where its method can read it. */
  private static final class KeyReader implements ServerInterceptor {
    private static final Metadata.Key<String> NAME = Metadata.Key.of("idempotency-key", Metadata.ASCII_STRING_MARSHALLER);

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(ServerCall<Q, A> call, Metadata metadata, ServerCallHandler<Q, A> next) {
      return Contexts.interceptCall(Context.current().withValue(KEY, metadata.get(NAME)), call, metadata, next);
    }
  }

  public static void main(String[] arguments) throws Exception {
    String host = System.getenv().getOrDefault("HOST", "127.0.0.1");
    int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "0"));
    BindableService reflection = ProtoReflectionServiceV1.newInstance();
    Server server = NettyServerBuilder.forAddress(new InetSocketAddress(host, port))
        .addService(new Ledger()).addService(reflection).intercept(new KeyReader()).build().start();
    System.out.println("listening on " + server.getPort());
    server.awaitTermination();
  }
}
