# The front door: `make help` lists what can be done. Each target brings what it needs; on a fresh Debian or Ubuntu
# `make demo` and `make test` are enough. CMake presets (CMakePresets.json) do the building.
JOBS ?= $(shell nproc)
BUILD = cmake --build --preset $(1) -j $(JOBS)
TEST = ctest --preset $(1) -j $(JOBS)

.DEFAULT_GOAL := build
.PHONY: build test demo asan tsan room bench format tidy deps linters clean help

build: deps  ## build the program: ./build/release/kodiak
	cmake --preset release
	$(call BUILD,release) --target kodiak

test: deps  ## build everything and run every test
	cmake --preset release
	$(call BUILD,release)
	$(call TEST,release)

demo: build  ## the main job on real data, step by step
	./demo/run_demo.sh

asan tsan: deps  ## the tests under AddressSanitizer and UBSan, or under ThreadSanitizer
	cmake --preset $@
	$(call BUILD,$@)
	$(call TEST,$@)

room: deps  ## build and test one room: make room R=storage
	@test -n "$(R)" || { echo 'which room? for example: make room R=storage' >&2; exit 2; }
	cmake --preset dev
	$(call BUILD,dev) --target $(R)_test
	$(call TEST,dev) -L '^$(R)$$'

bench: deps  ## build and run the benchmarks; nothing else should run beside them
	cmake --preset release
	$(call BUILD,release)
	./benchmarks/run.sh

format: linters  ## format every C++ file in place
	git ls-files -z '*.cpp' '*.hpp' | xargs -0 -r -n 16 -P $(JOBS) clang-format-14 -i

tidy: linters  ## clang-tidy over every file, and the house rules
	cmake --preset tidy
	$(call BUILD,tidy)
	python3 tools/tidy.py
	python3 tools/check_rooms.py

deps:  ## download and unpack the pinned dependencies (milliseconds when warm)
	@tools/install_dependencies.sh

linters:
	@tools/install_dependencies.sh clang-format-14 clang-tidy-14

clean:  ## remove everything that was built (not the dependencies)
	rm -rf build

help:  ## this list
	@sed -n 's/^\([a-z][a-z ]*\):.*##  *\(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r t d; do \
		printf '  make %-10s %s\n' "$$t" "$$d"; done
