module maestro/bench/flow_orchestrator

go 1.24.0

require github.com/ppcavalcante/flow-orchestrator v0.1.1-alpha
