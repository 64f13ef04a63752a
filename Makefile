# Everything a developer or CI runs. Plain POSIX sh, paths relative to here.
# `make help` lists the targets; the words after `##` are what it prints.

SHELL := /bin/sh
GO    ?= go

# What the programs say of themselves: VERSION, and the commit where this is a
# checkout with git at hand. `.git` is looked for so that an unpacked archive that
# lies in somebody else's checkout does not take that one's commit.
VERSION ?= 0.1.0
COMMIT  := $(shell [ -e .git ] && git describe --always --dirty=.dirty --exclude='*' --abbrev=12 2>/dev/null)
STAMP   := $(VERSION)$(if $(COMMIT),+$(COMMIT))

# The commit is stamped above. Go's own stamping fails the build where git refuses
# to look, as in a checkout owned by another user.
ifeq (,$(findstring -buildvcs,$(GOFLAGS)))
  export GOFLAGS := $(strip $(GOFLAGS) -buildvcs=false)
endif

# go, golangci-lint and sqlc keep their caches below HOME. Without one that can be
# written, keep them here; -modcacherw so that `make clean` and `rm -rf` work.
ifeq (,$(shell [ -d "$$HOME" ] && [ -w "$$HOME" ] && echo usable))
  ifeq (,$(XDG_CACHE_HOME))
    export XDG_CACHE_HOME := $(CURDIR)/.cache
  endif
  ifeq (,$(GOCACHE))
    export GOCACHE := $(CURDIR)/.cache/go-build
  endif
  ifeq (,$(GOPATH))
    export GOPATH := $(CURDIR)/.cache/go
  endif
  ifeq (,$(GOMODCACHE))
    export GOMODCACHE := $(CURDIR)/.cache/go/pkg/mod
  endif
  ifeq (,$(findstring -modcacherw,$(GOFLAGS)))
    export GOFLAGS := $(strip $(GOFLAGS) -modcacherw)
  endif
endif

# go-nvml declares functions that NVIDIA calls deprecated.
ifeq (,$(findstring -Wno-deprecated-declarations,$(CGO_CFLAGS)))
  export CGO_CFLAGS := $(or $(strip $(CGO_CFLAGS)),-O2 -g) -Wno-deprecated-declarations
endif

# Is there a C compiler, with the C library's headers? The race detector and the
# hive's NVML need them, everything else does not. CGO_ENABLED=0 is a plain no.
# Asked only where it matters.
have_cc = $(shell [ '$(CGO_ENABLED)' != 0 ] && \
	$$($(GO) env CC) -include stdlib.h -x c -fsyntax-only /dev/null >/dev/null 2>&1 && echo yes)

build_flags  := -trimpath -ldflags '-X rbee/cmd/internal/cli.Version=$(STAMP)'
# SQLite, C made into Go, is a third of the time without the detector in it. It keeps
# its memory outside of Go's, where the detector is blind anyway; the driver, which
# is Go, stays watched.
race_flags   := -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc=-race=false
# More words for go test: make test TESTFLAGS='-run TestX -v'.
TESTFLAGS    ?=
TEST_TIMEOUT ?= 15m
BENCH        ?= .
# More words for make bench: make bench BENCHFLAGS='--only a,c --rounds 1'.
BENCHFLAGS   ?=
FUZZTIME     ?= 1000000x
FUZZ         ?= .
FUZZSKIP     ?= ^$$
# How often make orphans kills a hive.
KILLS        ?= 100
# How many disk states make powercut tries, and how many faults make faults does:
# -1 is each of them. How often make crash kills a queen, and how many files make
# damage damages. More words for any: HARNESSFLAGS='-powercut.seed=7'.
STATES       ?= 5000
FAULTS       ?= -1
CYCLES       ?= 1000
MUTANTS      ?= 2000
HARNESSFLAGS ?=
# What packages and releases are made for, and by whom. Their files carry the date of
# the commit, else (in an unpacked archive) that of the Makefile.
ARCHES       ?= amd64 arm64
MAINTAINER   ?= rbee maintainers <maintainers@rbee.invalid>
release = SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$({ [ -e .git ] && git log -1 --format=%ct; } 2>/dev/null || stat -c %Y Makefile)} \
	GO='$(GO)' MAINTAINER='$(MAINTAINER)' VERSION='$(VERSION)' STAMP='$(STAMP)'

# The steps of check come in their order; go uses the cores by itself.
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help build test race lint generate schema-dump openapi check bench bench-quick bench-hive bench-go fuzz powercut faults crash orphans damage packages check-packages release check-release run screenshots clean \
	man check-format check-vet check-generated check-tidy check-nocgo check-units check-alerts

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

build: ## bin/queen-rbee, bin/rbee-keeper, bin/rbee-swarm (no cgo), bin/rbee-hive (cgo for NVML if there is a C compiler)
	@mkdir -p bin
	CGO_ENABLED=0 $(GO) build $(build_flags) -o bin/queen-rbee ./cmd/queen-rbee
	CGO_ENABLED=0 $(GO) build $(build_flags) -o bin/rbee-keeper ./cmd/rbee-keeper
	CGO_ENABLED=0 $(GO) build $(build_flags) -o bin/rbee-swarm ./cmd/rbee-swarm
	@[ '$(have_cc)' ] || echo '*** NO C COMPILER: rbee-hive is built without NVML and asks nvidia-smi instead ***'
	CGO_ENABLED=$(if $(have_cc),1,0) $(GO) build $(build_flags) -o bin/rbee-hive ./cmd/rbee-hive

# Built for this machine, whatever it is that is built for; dated by the commit.
man: ## bin/man and bin/completion: manual pages, and what bash, zsh and fish complete
	@mkdir -p bin/host
	GOOS= GOARCH= CGO_ENABLED=0 $(GO) build $(build_flags) -o bin/host/ ./cmd/queen-rbee ./cmd/rbee-hive ./cmd/rbee-keeper ./cmd/rbee-swarm
	@SOURCE_DATE_EPOCH="$${SOURCE_DATE_EPOCH:-$$([ ! -e .git ] || git log -1 --format=%ct 2>/dev/null)}" ./scripts/man.sh bin/host bin
	@rm -rf bin/host

test: ## the tests, with the race detector if there is a C compiler
	@$(MAKE) -s bin/tools/litestream || echo '*** NO LITESTREAM: it could not be built, and its test is SKIPPED ***'
	@[ '$(have_cc)' ] || echo '*** NO C COMPILER: these tests run WITHOUT the race detector and without NVML ***'
	CGO_ENABLED=$(if $(have_cc),1,0) $(GO) test $(if $(have_cc),$(race_flags)) -timeout $(TEST_TIMEOUT) $(TESTFLAGS) ./...

race: ## the tests with the race detector, shuffled; fails without a C compiler
	@[ '$(have_cc)' ] || { echo '*** NO C COMPILER: the race detector needs gcc or clang and the headers of the C library ***'; exit 1; }
	CGO_ENABLED=1 $(GO) test $(race_flags) -shuffle=on -timeout $(TEST_TIMEOUT) $(TESTFLAGS) ./...

lint: bin/tools/golangci-lint ## golangci-lint, as .golangci.yml says
	CGO_ENABLED=$(if $(have_cc),1,0) bin/tools/golangci-lint run ./...

generate: bin/tools/sqlc ## internal/store/internal/dbsqlc from db/migrations and db/queries
	bin/tools/sqlc generate

schema-dump: ## db/testdata/schemas: the newest schema version with rows in it; commit it with the migration
	STORE_TEST_DUMP=1 $(GO) test -count=1 -run '^TestEverySchemaVersionHasItsDump$$' ./internal/store

openapi: ## docs/openapi and the table of codes in docs/api.md, from what the daemons serve
	OPENAPI_UPDATE=1 CGO_ENABLED=0 $(GO) test -count=1 -run '^(TestOpenAPIDocument|TestTheTableOfCodesInTheDocs)$$' ./internal/queen ./internal/hive ./internal/wire

check: check-format check-generated check-tidy check-nocgo check-units check-alerts check-vet lint test ## what CI does: gofumpt, sqlc diff, tidy, build and vet without cgo, systemd units, alerts, vet, lint, test

check-format: bin/tools/gofumpt
	@echo 'gofumpt -l'
	@out=$$(find . \( -name '.?*' -o -name testdata -o -name node_modules \) -prune \
		-o -type f -name '*.go' -exec bin/tools/gofumpt -l {} +) || exit 1; \
	[ -z "$$out" ] || { echo "not formatted, run bin/tools/gofumpt -w on:"; echo "$$out"; exit 1; }

check-generated: bin/tools/sqlc
	bin/tools/sqlc diff

check-tidy:
	$(GO) mod tidy -diff

check-nocgo:
	CGO_ENABLED=0 $(GO) build ./...
	CGO_ENABLED=0 $(GO) vet ./...

# How exposed the services are, of 100: the queen at most 15, the hive, which runs
# programs that it does not know, 25. An unknown key is a failure.
check-units:
	@command -v systemd-analyze >/dev/null || { echo '*** NO SYSTEMD-ANALYZE: the systemd units are NOT CHECKED ***'; exit 0; }; \
	set -e; for unit in queen:15 hive:25; do \
		out=$$(systemd-analyze security --offline=true --no-pager --threshold="$${unit#*:}" deploy/systemd/rbee-"$${unit%:*}".service) || \
			{ echo "$$out"; echo "more exposed than $${unit#*:} of 100"; exit 1; }; \
		echo "$$out" | tail -n 1; \
	done; \
	dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
	for unit in deploy/systemd/*.service deploy/systemd/user/*.service; do \
		sed 's|^ExecStart=[^ ]*|ExecStart=/bin/true|' "$$unit" >"$$dir/$${unit##*/}"; \
		systemd-analyze verify --man=no "$$dir/$${unit##*/}" 2>"$$dir/said" || { cat "$$dir/said"; exit 1; }; \
		! grep -F "$$dir/" "$$dir/said" || exit 1; \
	done

# Prometheus's own tool, from the PATH or from bin/tools, where .ci/run puts it.
check-alerts:
	@tool=$$(command -v promtool || command -v bin/tools/promtool) || \
		{ echo '*** NO PROMTOOL: the alerts of deploy/prometheus are NOT CHECKED ***'; exit 0; }; \
	"$$tool" check config deploy/prometheus/prometheus.yml >/dev/null && \
	"$$tool" check rules deploy/prometheus/rbee.rules.yml && \
	"$$tool" test rules deploy/prometheus/*.test.yml

check-vet:
	CGO_ENABLED=$(if $(have_cc),1,0) $(GO) vet ./...

bench: ## what the queen costs beside a no-op server, for docs/performance.md: a quarter of an hour on an idle machine (BENCHFLAGS=--help)
	CGO_ENABLED=0 $(GO) run -trimpath ./cmd/internal/bench --go '$(GO)' $(BENCHFLAGS)

bench-quick: ## that make bench runs and nothing is lost, in a minute; no figure is judged
	CGO_ENABLED=0 $(GO) run -trimpath ./cmd/internal/bench --go '$(GO)' --quick --log-level warn $(BENCHFLAGS)

bench-hive: ## what a hive costs, with a hundred workers and idle: ten minutes on an idle machine (BENCHFLAGS=--help)
	CGO_ENABLED=$(if $(have_cc),1,0) $(GO) run -trimpath ./cmd/internal/bench hive --go '$(GO)' $(BENCHFLAGS)

bench-go: ## the Go benchmarks (BENCH=regexp)
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem $(TESTFLAGS) ./...

fuzz: ## every Fuzz target for FUZZTIME (a million executions) each: hours; FUZZ and FUZZSKIP choose by DIRECTORY:NAME
	@found=; failed=; \
	for target in $$(grep -ro --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' cmd internal | sed 's|/[^/]*:func |:|' | \
		LC_ALL=C sort | grep -E '$(FUZZ)' | grep -Ev '$(FUZZSKIP)'); do \
		found=yes; \
		echo "$$target"; \
		$(GO) test -run '^$$' -fuzz "^$${target##*:}\$$" -fuzztime '$(FUZZTIME)' -fuzzminimizetime 20x "./$${target%:*}" || failed="$$failed $$target"; \
	done; \
	[ "$$found" ] || { echo 'no Fuzz target found'; exit 1; }; \
	[ -z "$$failed" ] || { echo "failed:$$failed"; exit 1; }

# Without the race detector, and with what failed kept in TMPDIR.
harness = CGO_ENABLED=0 $(GO) test -count 1 -v -timeout 2h -artifacts -outputdir "$${TMPDIR:-/tmp}"

powercut: ## power cuts replayed from the store's own system calls: STATES (5000) disk states, nothing acknowledged may be lost
	$(harness) -run '^TestPowerCuts' ./internal/store -powercut.states=$(STATES) $(HARNESSFLAGS)

faults: ## every write, sync and truncation of the store fails or is the last, once and for good (FAULTS=100: so many of them)
	$(harness) -run '^TestFaultsOfTheDisk' ./internal/store -faults.positions=$(FAULTS) $(HARNESSFLAGS)

crash: ## a queen under load is killed CYCLES (1000) times; nothing she acknowledged may be lost: half an hour
	$(harness) -run '^TestCrashes$$' ./internal/e2e -crash.cycles=$(CYCLES) -crash.hives=1000 -crash.life=1s $(HARNESSFLAGS)

orphans: ## a hive with eight workers is killed KILLS (100) times; each is adopted, none lost or there twice: two minutes
	$(harness) -run '^TestOrphans$$' ./internal/e2e -orphans.kills=$(KILLS) $(HARNESSFLAGS)

damage: ## MUTANTS (2000) damaged files: each opens with all its rows, tells of its damage or is refused
	$(harness) -run '^TestDamage$$' ./internal/store -damage.mutants=$(MUTANTS) $(HARNESSFLAGS)

packages: bin/tools/nfpm ## dist/*.deb and *.rpm for ARCHES (amd64 arm64)
	@$(release) scripts/release.sh $(ARCHES)

release: bin/tools/nfpm ## dist/: archives, packages and SHA256SUMS; the same bytes wherever it is built
	@$(release) scripts/release.sh --archives $(ARCHES)

# Their upgrade is tried from a version before it, of the same sources.
check-packages: bin/tools/nfpm ## the packages on a copy of this machine, with a systemd of its own: installed, upgraded, removed (root, on Debian)
	@$(release) VERSION=0.0.9 STAMP=0.0.9 DIST=bin/packages/before scripts/release.sh "$$($(GO) env GOHOSTARCH)"
	@$(release) DIST=bin/packages/now scripts/release.sh "$$($(GO) env GOHOSTARCH)"
	scripts/check-packages.sh bin/packages/before bin/packages/now

check-release: bin/tools/nfpm ## that a release made elsewhere, by another user's rules, later and from an empty cache has the same bytes: ten minutes
	@$(release) ARCHES='$(ARCHES)' scripts/check-release.sh

run: build ## a queen and a hive on this machine
	./scripts/run.sh

screenshots: build bin/tools/freeze ## docs/img: what the keeper shows of a simulated fleet, two minutes (needs tmux)
	./scripts/screenshots.sh

clean: ## remove what was built, and caches kept here; never a state file
	rm -rf bin dist .cache

# The tools, built again when their module or the Go that builds them changes.
# golangci-lint refuses to judge code for a newer Go than it was built with.
go_stamp = bin/tools/.$(shell $(GO) env GOVERSION)

bin/tools/sqlc:          tool = github.com/sqlc-dev/sqlc/cmd/sqlc
bin/tools/golangci-lint: tool = github.com/golangci/golangci-lint/v2/cmd/golangci-lint
bin/tools/gofumpt:       tool = mvdan.cc/gofumpt

bin/tools/sqlc bin/tools/golangci-lint bin/tools/gofumpt: tools/go.mod tools/go.sum $(go_stamp)
	cd tools && GOWORK=off GOOS= GOARCH= CGO_ENABLED=0 $(GO) build -trimpath -o '../$@' $(tool)
	@touch '$@'

# Not run on this code but beside the queen, by a test; it has a module of its own
# because its SQLite and a hundred others are not those of the tools.
bin/tools/litestream: tools/litestream/go.mod tools/litestream/go.sum $(go_stamp)
	cd tools/litestream && GOWORK=off GOOS= GOARCH= CGO_ENABLED=0 $(GO) build -trimpath -o '../../$@' github.com/benbjohnson/litestream/cmd/litestream
	@touch '$@'

# For packages only, with dependencies of its own.
bin/tools/nfpm: tools/packages/go.mod tools/packages/go.sum $(go_stamp)
	cd tools/packages && GOWORK=off GOOS= GOARCH= CGO_ENABLED=0 $(GO) build -trimpath -o '../../$@' github.com/goreleaser/nfpm/v2/cmd/nfpm
	@touch '$@'

# For pictures only, with dependencies of its own.
bin/tools/freeze: tools/screenshots/go.mod tools/screenshots/go.sum $(go_stamp)
	cd tools/screenshots && GOWORK=off GOOS= GOARCH= CGO_ENABLED=0 $(GO) build -trimpath -o '../../$@' github.com/charmbracelet/freeze
	@touch '$@'

$(go_stamp):
	@mkdir -p bin/tools && touch '$@'
