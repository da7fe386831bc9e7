// Command processing counts words: what the seed's fast_service is.
package main

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "maestro.example/services/gen/processing"
	"maestro.example/services/service"
)

type server struct {
	pb.UnimplementedProcessingServiceServer
	count atomic.Int64
}

func (s *server) Process(_ context.Context, request *pb.ProcessRequest) (*pb.ProcessResponse, error) {
	words := strings.Fields(request.Data)
	if len(words) == 0 {
		return nil, status.Error(codes.InvalidArgument, "There is nothing to process")
	}
	return &pb.ProcessResponse{
		Id:     fmt.Sprintf("doc-%d", s.count.Add(1)),
		Result: strings.Join(words, " "),
		Words:  int32(len(words)),
	}, nil
}

func main() {
	service.Serve("processing", func(s *grpc.Server) { pb.RegisterProcessingServiceServer(s, &server{}) })
}
