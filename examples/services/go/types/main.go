// Command types answers with what it got, streams, fails and sleeps: a partner for tests.
package main

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/emptypb"

	pb "maestro.example/services/gen/everything"
	"maestro.example/services/service"
)

type server struct {
	pb.UnimplementedTypesServiceServer
}

func (*server) Echo(_ context.Context, request *pb.Everything) (*pb.Everything, error) {
	return request, nil
}

func (*server) Count(request *pb.CountRequest, stream grpc.ServerStreamingServer[pb.Number]) error {
	for n := int64(1); request.To == 0 || n <= request.To; n++ {
		if err := stream.Send(&pb.Number{Value: n}); err != nil {
			service.Log("types", "Count", service.Key(stream.Context()), request, "CANCELLED", nil)
			return err
		}
	}
	return nil
}

func (*server) Sum(stream grpc.ClientStreamingServer[pb.Number, pb.Number]) error {
	var sum int64
	for {
		number, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(&pb.Number{Value: sum})
		}
		if err != nil {
			return err
		}
		sum += number.Value
	}
}

func (*server) Square(stream grpc.BidiStreamingServer[pb.Number, pb.Number]) error {
	for {
		number, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(&pb.Number{Value: number.Value * number.Value}); err != nil {
			return err
		}
	}
}

func (*server) Fail(_ context.Context, request *pb.FailRequest) (*emptypb.Empty, error) {
	var details []protoadapt.MessageV1
	for _, name := range request.Details {
		switch name {
		case "ErrorInfo":
			info := &errdetails.ErrorInfo{Reason: "OUT_OF_TEA", Domain: "kitchen", Metadata: map[string]string{"shelf": "3"}}
			details = append(details, info)
		case "BadRequest":
			violation := &errdetails.BadRequest_FieldViolation{Field: "cup.size", Description: "is too small"}
			details = append(details, &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{violation}})
		case "RetryInfo":
			delay := durationpb.New(time.Duration(request.RetryAfterMs) * time.Millisecond)
			details = append(details, &errdetails.RetryInfo{RetryDelay: delay})
		}
	}
	failure, err := status.New(codes.Code(request.Code), request.Message).WithDetails(details...)
	if err != nil {
		return nil, err
	}
	return nil, failure.Err()
}

func (*server) Sleep(ctx context.Context, request *pb.SleepRequest) (*emptypb.Empty, error) {
	seen := map[string]any{"cancelled": false}
	if deadline, ok := ctx.Deadline(); ok {
		seen["deadline_ms"] = time.Until(deadline).Milliseconds()
	}
	select {
	case <-time.After(request.Duration.AsDuration()):
	case <-ctx.Done():
		seen["cancelled"] = true
	}
	service.Log("types", "Sleep.end", service.Key(ctx), nil, status.FromContextError(ctx.Err()).Code().String(), seen)
	return &emptypb.Empty{}, ctx.Err()
}

func main() {
	service.Serve("types", func(s *grpc.Server) { pb.RegisterTypesServiceServer(s, &server{}) })
}
