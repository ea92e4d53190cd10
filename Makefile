# make check is the main part of what CI runs: .ci/run adds examples, simulate, mutants and interop.
GO ?= go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: check fmt vet static test race cross examples duckdb simulate mutants interop long bench flights

check: fmt vet static test race cross

fmt:
	@out=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$out" ]; then echo "gofmt would change:"; echo "$$out"; exit 1; fi

vet:
	$(GO) vet ./...
	cd examples && $(GO) vet ./...
	cd bench && $(GO) vet ./...
	cd interop && $(GO) vet ./...

static:
	$(GO) run $(STATICCHECK) ./...

test:
	$(GO) test ./...

# Slower by so much that the default of 10 minutes is tight on a loaded machine.
race:
	CGO_ENABLED=1 $(GO) test -race -timeout 30m ./...

cross:
	for os in linux darwin windows; do echo "$$os"; CGO_ENABLED=0 GOOS=$$os $(GO) build ./... || exit 1; done

examples:
	cd examples && $(GO) test ./...

# An example with DuckDB, which needs a C++ compiler and is outside of the workspace.
duckdb:
	cd examples/duckdb && GOWORK=off CGO_ENABLED=1 $(GO) test -tags duckdb_arrow ./...

# 2,000 seeds of the simulator; go test ./... runs 200.
simulate:
	$(GO) test ./table -run TestSimulatedConcurrency -count=1 -v -args -sim.seeds=2000

# Mistakes that the simulator must find.
mutants:
	FORESET_MUTANTS=1 $(GO) test ./table -run TestSimulatorFindsPlantedBugs -count=1 -v

interop:
	interop/run.sh
	interop/stores.sh

# The long runs before a release: see docs/reliability.md.
long:
	FORESET_LONG=1 $(GO) test -timeout 12h ./storage/... ./table/...

bench:
	bench/run.sh

flights:
	$(GO) run ./examples/nycflights
