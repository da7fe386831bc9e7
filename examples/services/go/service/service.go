// Package service holds what the gRPC example services share: a log line per call, answers that are remembered by
// idempotency key, reflection, and TLS where TLS_CERT, TLS_KEY and TLS_CA name files.
package service

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"os"
	"path"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

var output sync.Mutex

// Log writes one line: what came in and what became of it.
func Log(service, call, key string, input any, code string, more map[string]any) {
	line := map[string]any{"service": service, "call": call, "key": key, "input": input, "status": code}
	line["at"] = float64(time.Now().UnixMicro()) / 1000
	for name, value := range more {
		line[name] = value
	}
	text, err := json.Marshal(line)
	if err != nil {
		log.Fatal(err)
	}
	output.Lock()
	defer output.Unlock()
	fmt.Println(string(text))
}

// Key returns the idempotency key that a call carries.
func Key(ctx context.Context) string {
	if keys := metadata.ValueFromIncomingContext(ctx, "idempotency-key"); len(keys) > 0 {
		return keys[0]
	}
	return ""
}

// Serve serves until the process is stopped; register adds the services.
func Serve(name string, register func(*grpc.Server)) {
	var answers sync.Map
	handle := func(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		key := Key(ctx)
		answer, known := answers.Load(key)
		var err error
		if !known || key == "" {
			if answer, err = next(ctx, request); err == nil {
				answers.Store(key, answer)
			}
		}
		sent, _ := protojson.MarshalOptions{UseProtoNames: true}.Marshal(request.(proto.Message))
		Log(name, path.Base(info.FullMethod), key, json.RawMessage(sent), status.Code(err).String(), nil)
		return answer, err
	}
	options := append(credentialsFromEnvironment(), grpc.UnaryInterceptor(handle))
	server := grpc.NewServer(options...)
	register(server)
	reflection.Register(server)

	port := os.Getenv("PORT")
	if port == "" {
		port = "0"
	}
	host := os.Getenv("HOST")
	if host == "" {
		host = "127.0.0.1"
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(server.Serve(listener))
}

// credentialsFromEnvironment asks callers for a certificate too when TLS_CA is set.
func credentialsFromEnvironment() []grpc.ServerOption {
	if os.Getenv("TLS_CERT") == "" {
		return nil
	}
	certificate, err := tls.LoadX509KeyPair(os.Getenv("TLS_CERT"), os.Getenv("TLS_KEY"))
	if err != nil {
		log.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	if file := os.Getenv("TLS_CA"); file != "" {
		authorities, err := os.ReadFile(file)
		if err != nil {
			log.Fatal(err)
		}
		config.ClientCAs = x509.NewCertPool()
		config.ClientCAs.AppendCertsFromPEM(authorities)
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return []grpc.ServerOption{grpc.Creds(credentials.NewTLS(config))}
}
