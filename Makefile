# make check is what CI runs, but for the other engines (make interop).
GO ?= go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: check fmt vet static test race cross interop long bench flights

check: fmt vet static test race cross

fmt:
	@out=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$out" ]; then echo "gofmt would change:"; echo "$$out"; exit 1; fi

vet:
	$(GO) vet ./...
	cd examples && $(GO) vet ./...

static:
	$(GO) run $(STATICCHECK) ./...

test:
	$(GO) test ./...

race:
	CGO_ENABLED=1 $(GO) test -race ./...

cross:
	for os in linux darwin windows; do echo "$$os"; CGO_ENABLED=0 GOOS=$$os $(GO) build ./... || exit 1; done

interop:
	interop/run.sh

# The long runs before a release: see docs/reliability.md.
long:
	FORESET_LONG=1 $(GO) test -timeout 12h ./storage/... ./table/...

bench:
	bench/run.sh

flights:
	$(GO) run ./examples/nycflights
