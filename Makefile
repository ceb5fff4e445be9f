# `make run` and `make test` need Go and make, nothing else. `make help` lists the targets.
APP = latchkey
TEMPL = go run github.com/a-h/templ/cmd/templ@$$(go list -m -f '{{.Version}}' github.com/a-h/templ)
# templ's own runtime allocates for every expression of a page: see internal/templfast.
GENERATE = $(TEMPL) generate -include-version=false -log-level warn && go run ./internal/templgen
# Tools have a go.mod of their own. Not by `go tool`, which a vendor folder confuses.
TOOL  = go run -mod=mod -modfile=tools.mod
# A go.work in a folder above is about other projects. To work in one with this, set GOWORK.
export GOWORK ?= off
# The race detector needs a C compiler.
RACE  = $(shell command -v cc >/dev/null 2>&1 && [ "$$(go env CGO_ENABLED)" = 1 ] && echo -race)

# On a person's machine a test that cannot run there is skipped; in CI that is a failure.
ifeq ($(CI),true)
NOSKIP = --post-run-command "sh -c '[ \$$TESTS_SKIPPED = 0 ] || { echo FAIL: in CI nothing may be skipped; exit 1; }'"
endif

.PHONY: run seed build test starter slow prunes dev section field page generate lint budget bench bench-keep bench-growth fuzz faults routes rename prune upstream screenshot help

run: ## build, migrate and serve on http://127.0.0.1:8080
	@[ -e bin/run ] || echo "The first build takes minutes. Each line is a package that is built:"
	@go build -v -o bin/run ./cmd/$(APP) && exec bin/run

seed: ## fill the development database with two users and examples, and print how to log in
	@go build -o bin/run ./cmd/$(APP) && bin/run migrate >/dev/null && exec bin/run seed $(SEEDFLAGS)

build: ## make the program in bin/, which also looks after accounts and mails: see its help
	@CGO_ENABLED=0 go build -trimpath -o bin/$(APP) ./cmd/$(APP)

test: ## run every test that can run here, and say which could not; TESTFLAGS=-short takes a minute
	@[ -n "$(RACE)" ] || echo "Tests run without the race detector, which needs a C compiler."
	@$(TOOL) gotest.tools/gotestsum --format pkgname $(NOSKIP) -- $(RACE) -timeout 20m $(TESTFLAGS) ./...

dev: ## rebuild and reload the browser (http://127.0.0.1:7331) on every save
	@go build -o bin/dev ./internal/dev && exec bin/dev ./cmd/$(APP)

section: ## write a section: make section NAME=invoices FIELDS="customer:text! due:date?" ACCESS=private
	@go run ./internal/generate -section "$$NAME" -fields "$$FIELDS" -access "$$ACCESS"

field: ## add a field to a section: make field SECTION=invoices FIELD="note:long?"
	@go run ./internal/generate -to "$$SECTION" -field "$$FIELD" $(if $(FORCE),-force)

page: ## write a public page: make page NAME=pricing
	@go run ./internal/generate -page "$$NAME"

generate: ## turn *.templ into Go
	@$(GENERATE)

starter: ## test what is about the starter itself and not about what you make of it: guides, and commands on copies of it
	@go test -tags starter -timeout 30m ./internal/howto ./internal/rename ./internal/parts ./internal/generate

slow: ## run the tests that build, change and test copies of the project: an hour
	@SLOW=true go test -tags slow,starter -p 1 -count=1 -timeout 60m ./internal/upstream ./internal/rename ./internal/howto ./internal/generate

prunes: ## take each part out of a copy, each two that meet in the code, and all, test what is left, and print a table: 20 minutes
	@mkdir -p bin && SLOW=true PRUNES=$(CURDIR)/bin/prunes.txt $(TOOL) gotest.tools/gotestsum --format standard-verbose $(NOSKIP) -- \
		-tags slow,starter -count=1 -timeout 60m ./internal/parts ./internal/prune

lint: ## gofumpt, vet, staticcheck, templ freshness, tidy go.mod, arrows between packages
	@files=$$($(TOOL) mvdan.cc/gofumpt -l $$(git ls-files '*.go' 2>/dev/null | grep -v -e _templ.go -e ^vendor/ | while read -r f; do [ ! -e "$$f" ] || echo "$$f"; done | grep . || find . -name '*.go' ! -name '*_templ.go' ! -path './vendor/*')); \
		[ -z "$$files" ] || { echo "not formatted by gofumpt:"; echo "$$files"; exit 1; }
	@go vet ./... && go vet -tags faults ./internal/faults && go vet -tags budget ./internal/app && go vet -tags slow ./internal/prune ./internal/upstream
	@go vet -tags starter ./internal/howto ./internal/rename ./internal/parts ./internal/generate
	@$(TOOL) honnef.co/go/tools/cmd/staticcheck ./...
	@before=$$(find . -name '*_templ.go' ! -path './vendor/*' | sort | xargs cat | cksum); { $(GENERATE); } >/dev/null 2>&1; \
		after=$$(find . -name '*_templ.go' ! -path './vendor/*' | sort | xargs cat | cksum); \
		[ "$$before" = "$$after" ] || { echo "*_templ.go were not generated from *.templ; they are now"; exit 1; }
	@go mod tidy -diff
	@go test ./internal/app -run 'TestArrows|TestRoutesFileIsTrue' -count=1

budget: ## print the lines of each package and the allocations of pages; the starter's own limits, which CI holds
	@go run ./internal/budget
	go test -count=1 -tags budget -run TestAllocations -v ./internal/app

# The numbers of the last release, of the same database: make bench-keep puts those of the last make bench in their place.
KEPT = docs/bench/$(if $(findstring postgres,$(BENCHFLAGS)),postgres,sqlite).txt

bench: ## measure the site as people use it against a bare handler, beside the last release; BENCHFLAGS="-database postgres://…"
	@go build -o bin/bench ./internal/bench && bin/bench $(if $(findstring postgres,$(BENCHFLAGS)),,-svg docs/performance.svg) -samples bin/bench.txt $(BENCHFLAGS)
	@[ ! -e $(KEPT) ] || $(TOOL) golang.org/x/perf/cmd/benchstat -table '' release=$(KEPT) now=bin/bench.txt

bench-keep: ## keep what make bench has just measured as the numbers of this release; with the same BENCHFLAGS
	@mkdir -p docs/bench && cp bin/bench.txt $(KEPT)

bench-growth: ## the same with 1,000,000 sessions and 100,000 accounts, within five minutes
	@go build -o bin/bench ./internal/bench && exec bin/bench -growth $(BENCHFLAGS)

fuzz: ## let each fuzz target run for 10 seconds
	@for f in $$(grep -rlE '^func Fuzz' --include='*_test.go' .); do \
		for t in $$(sed -nE 's/^func (Fuzz[A-Za-z0-9]*).*/\1/p' $$f); do \
			echo "$$t"; go test $$(dirname $$f) -run '^$$' -fuzz "^$$t\$$" -fuzztime 10s || exit 1; done; done

faults: ## kill, starve and cut the program off while people use it, and say what that proves (2 minutes, at most 10)
	@go test -tags faults ./internal/faults -count=1 -timeout 10m -v

routes: ## print the map: every address and who may open it
	@go run ./cmd/$(APP) routes

rename: ## make it yours: make rename MODULE=github.com/you/app NAME="Your App"
	@go run ./internal/rename -module "$$MODULE" -name "$$NAME"

prune: ## list what can be taken out, or take it out: make prune WITHOUT="…"; see docs/how-to/cut-down.md
	@go run ./internal/prune -without "$$WITHOUT" -starter "$$STARTER" $(if $(FORCE),-force) $(if $(FORCE_DATA),-force-data)

upstream: ## show what is new in the starter: make upstream FROM=<path, bundle or URL>; APPLY=1 merges it, see docs/how-to/update.md
	@go run ./internal/upstream -from "$$FROM" -to "$$TO" -starter "$$STARTER" $(if $(APPLY),-apply)

screenshot: ## take the README's picture (needs Chromium)
	@go test ./internal/app -run '^TestScreenshot$$' -screenshot "$(CURDIR)/docs/screenshot.png" -count=1

help: ## this list
	@sed -nE 's/^([a-z-]+): ## (.*)/  \1\t\2/p' Makefile | expand -t 15
