package main

import (
	"context"
	"strings"

	"github.com/cschleiden/go-workflows/workflow"
)

// Tree says how large the tree of workflows below one is.
type Tree struct {
	FanOut     int
	Depth      int
	LeafFanOut int
	Activities int
	ResultSize int
}

// Branch runs the workflows below it side by side: branches, and leaves below the last of them.
func Branch(ctx workflow.Context, tree Tree) error {
	width, child := tree.LeafFanOut, any(Leaf)
	if tree.Depth > 0 {
		width, child = tree.FanOut, any(Branch)
	}
	tree.Depth--
	below := make([]workflow.Future[any], width)
	for i := range below {
		below[i] = workflow.CreateSubWorkflowInstance[any](ctx, workflow.DefaultSubWorkflowOptions, child, tree)
	}
	return awaitAll(ctx, below)
}

// Leaf runs its activities side by side.
func Leaf(ctx workflow.Context, tree Tree) error {
	answers := make([]workflow.Future[string], tree.Activities)
	for i := range answers {
		answers[i] = workflow.ExecuteActivity[string](ctx, workflow.DefaultActivityOptions, Answer, tree.ResultSize)
	}
	return awaitAll(ctx, answers)
}

// Answer gives a text of a size.
func Answer(_ context.Context, size int) (string, error) {
	return strings.Repeat("x", size), nil
}

func awaitAll[T any](ctx workflow.Context, futures []workflow.Future[T]) error {
	for _, future := range futures {
		if _, err := future.Get(ctx); err != nil {
			return err
		}
	}
	return nil
}
