// Runs trees of workflows with go-workflows, for scripts/bench/go_workflows.ts.
//
// Each line of standard input is an order, such as {"path":"/tmp/a.db","runs":10,"warmUps":2}; each answer is a line: what the runs took,
// and the value of `pragma synchronous` under which they were made. Without a path the runs are in memory.
package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log"
	"log/slog"
	"os"
	"syscall"
	"time"

	"github.com/cschleiden/go-workflows/backend"
	"github.com/cschleiden/go-workflows/backend/history"
	"github.com/cschleiden/go-workflows/backend/monoprocess"
	"github.com/cschleiden/go-workflows/backend/sqlite"
	"github.com/cschleiden/go-workflows/client"
	"github.com/cschleiden/go-workflows/core"
	"github.com/cschleiden/go-workflows/worker"
)

type order struct {
	Path    string `json:"path"`
	Runs    int    `json:"runs"`
	WarmUps int    `json:"warmUps"`
	Tree    Tree   `json:"tree"`
}

type answer struct {
	WallMs      float64 `json:"wallMs"`
	CpuMs       float64 `json:"cpuMs"`
	Synchronous int     `json:"synchronous"`
}

func main() {
	orders := bufio.NewScanner(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for orders.Scan() {
		var order order
		must(json.Unmarshal(orders.Bytes(), &order))
		must(answers.Encode(carryOut(order)))
	}
}

// carryOut opens a fresh store with a worker, runs some trees to warm up, and measures the others, all at a time.
func carryOut(order order) answer {
	ctx, cancel := context.WithCancel(context.Background())
	store := &watched{Backend: monoprocess.NewMonoprocessBackend(open(order.Path)), ended: make(chan struct{}, order.Runs)}
	options := worker.DefaultOptions
	own := worker.New(store, &options)
	must(own.RegisterWorkflow(Branch))
	must(own.RegisterWorkflow(Leaf))
	must(own.RegisterActivity(Answer))
	must(own.Start(ctx))
	starter := client.New(store)
	run := func(prefix string, runs int) {
		for i := range runs {
			id := client.WorkflowInstanceOptions{InstanceID: fmt.Sprintf("%s-%d", prefix, i)}
			_, err := starter.CreateWorkflowInstance(ctx, id, Branch, order.Tree)
			must(err)
		}
		for range runs {
			<-store.ended
		}
	}
	run("warm", order.WarmUps)
	cpu, start := cpuTime(), time.Now()
	run("tree", order.Runs)
	took := answer{
		WallMs:      float64(time.Since(start).Microseconds()) / 1e3,
		CpuMs:       float64((cpuTime() - cpu).Microseconds()) / 1e3,
		Synchronous: synchronous(order.Path),
	}
	cancel()
	must(own.WaitForCompletion())
	must(store.Close())
	return took
}

func open(path string) backend.Backend {
	options := sqlite.WithBackendOptions(backend.WithLogger(slog.New(slog.DiscardHandler)))
	if path == "" {
		return sqlite.NewInMemoryBackend(options)
	}
	return sqlite.NewSqliteBackend(path, options)
}

// watched tells of every workflow that has ended and that no other has started: asking for it would cost up to a second.
type watched struct {
	backend.Backend
	ended chan struct{}
}

func (w *watched) CompleteWorkflowTask(
	ctx context.Context,
	task *backend.WorkflowTask,
	state core.WorkflowInstanceState,
	executed, activities, timers []*history.Event,
	workflows []*history.WorkflowEvent,
) error {
	err := w.Backend.CompleteWorkflowTask(ctx, task, state, executed, activities, timers, workflows)
	if err == nil && state == core.WorkflowInstanceStateFinished && !task.WorkflowInstance.SubWorkflow() {
		w.ended <- struct{}{}
	}
	return err
}

// synchronous asks a connection of the same driver, because the backend leaves the setting as it comes.
func synchronous(path string) (level int) {
	if path == "" {
		return 0
	}
	db, err := sql.Open("sqlite", "file:"+path)
	must(err)
	defer db.Close()
	must(db.QueryRow("PRAGMA synchronous").Scan(&level))
	return level
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
