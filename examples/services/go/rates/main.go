// Command rates locks interest rates.
package main

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "maestro.example/services/gen/loans"
	"maestro.example/services/service"
)

const yearlyRate = 0.048

type server struct {
	pb.UnimplementedRateServiceServer
	mutex sync.Mutex
	count int
	locks map[string]*pb.RateLock
}

func (s *server) LockRate(_ context.Context, request *pb.LockRateRequest) (*pb.RateLock, error) {
	if request.Months <= 0 {
		return nil, status.Error(codes.InvalidArgument, "A loan runs for a month at least")
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.count++
	monthly := yearlyRate / 12
	payment := request.Amount * monthly / (1 - math.Pow(1+monthly, -float64(request.Months)))
	lock := &pb.RateLock{
		Id:             fmt.Sprintf("lock-%d", s.count),
		YearlyRate:     yearlyRate,
		MonthlyPayment: math.Round(payment*100) / 100,
		ValidUntil:     timestamppb.New(time.Now().Add(time.Hour)),
	}
	s.locks[lock.Id] = lock
	return lock, nil
}

func (s *server) ReleaseRate(_ context.Context, request *pb.ReleaseRateRequest) (*emptypb.Empty, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if _, found := s.locks[request.Id]; !found {
		return nil, status.Errorf(codes.NotFound, "There is no lock %q", request.Id)
	}
	delete(s.locks, request.Id)
	return &emptypb.Empty{}, nil
}

func main() {
	service.Serve("rates", func(s *grpc.Server) {
		pb.RegisterRateServiceServer(s, &server{locks: map[string]*pb.RateLock{}})
	})
}
