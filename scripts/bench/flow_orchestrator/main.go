// Builds and runs DAGs whose nodes do nothing with Flow Orchestrator, for scripts/bench/flow_orchestrator.ts.
//
// Each line of standard input is an order, such as {"shape":"deep","nodes":1000,"times":10}; each answer is a line: what it took to build
// so many DAGs, and to run one so many times, without a store.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/ppcavalcante/flow-orchestrator/pkg/workflow"
)

type order struct {
	Shape string `json:"shape"`
	Nodes int    `json:"nodes"`
	Times int    `json:"times"`
}

type cost struct {
	WallMs float64 `json:"wallMs"`
	CpuMs  float64 `json:"cpuMs"`
}

type answer struct {
	Construction cost `json:"construction"`
	Execution    cost `json:"execution"`
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

func carryOut(order order) answer {
	dag := build(order)
	return answer{
		Construction: costOf(order.Times, func(int) { build(order) }),
		Execution: costOf(order.Times, func(i int) {
			must(dag.Execute(context.Background(), workflow.NewWorkflowData(fmt.Sprintf("run-%d", i))))
		}),
	}
}

// build makes a DAG of which each node depends on the one before where it is deep, and on none where it is wide.
func build(order order) *workflow.DAG {
	builder := workflow.NewWorkflowBuilder().WithWorkflowID("bench")
	for i := range order.Nodes {
		node := builder.AddNode(fmt.Sprintf("node_%d", i)).WithAction(nothing)
		if order.Shape == "deep" && i > 0 {
			node.DependsOn(fmt.Sprintf("node_%d", i-1))
		}
	}
	dag, err := builder.Build()
	must(err)
	return dag
}

func nothing(context.Context, *workflow.WorkflowData) error {
	return nil
}

func costOf(times int, work func(int)) cost {
	runtime.GC()
	cpu, start := cpuTime(), time.Now()
	for i := range times {
		work(i)
	}
	return cost{WallMs: milliseconds(time.Since(start)), CpuMs: milliseconds(cpuTime() - cpu)}
}

func milliseconds(duration time.Duration) float64 {
	return float64(duration.Nanoseconds()) / 1e6
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
