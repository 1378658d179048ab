# The two commands of the README: `make demo` and `make test`.
SWIFT ?= swift
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PACKAGES := gcc make libc6-dev libtcc-dev tcc zlib1g-dev
TEST_PACKAGES := g++ clang-14 gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user

SWIFTDL := $(CURDIR)/.build/release/swiftdl-compile

.PHONY: demo test samples conformance build lint tools test-tools clean

## Install what is missing, build, compile LeNet-5, check its C, build it with cc, and show what it reads in a digit.
demo: tools build
	$(SWIFTDL) inspect samples/lenet5/model.json
	$(SWIFTDL) check samples/lenet5/model.json --vectors samples/lenet5/io.safetensors
	$(MAKE) --no-print-directory -C samples/embed run SWIFTDL=$(SWIFTDL)

## All tests: style, warnings as errors, unit and property tests, every sample through libtcc and gcc, firmware in an emulator,
## the backend suite of ONNX.
test: tools test-tools lint
	$(SWIFT) build --build-tests --explicit-target-dependency-import-check error
	$(SWIFT) test --skip-build
	$(MAKE) --no-print-directory samples
	$(MAKE) --no-print-directory conformance

## Every sample against the answers that Keras or PyTorch gave: portable C through libtcc, vectorised C through cc.
samples: build
	@for vectors in samples/*/io.safetensors; do \
	  folder=$$(dirname $$vectors); model=$$(ls $$folder/model.json $$folder/model.keras $$folder/model.h5 $$folder/model.onnx 2>/dev/null | head -n 1); \
	  dims=$$(case $$folder in *series) echo "--dim input_layer.1=..64";; esac); \
	  for engine in "tcc" "cc --target native"; do \
	    echo "$$model, $$engine"; \
	    $(SWIFTDL) check $$model --vectors $$vectors $$dims --jit $$engine | tail -n 1; [ $${PIPESTATUS[0]} = 0 ] || exit 1; \
	  done; \
	done
	$(MAKE) --no-print-directory -C samples/embed run SWIFTDL=$(SWIFTDL)
	$(MAKE) --no-print-directory -C samples/cortex-m7 run SWIFTDL=$(SWIFTDL)

## The backend suite of ONNX: all of it through libtcc and the interpreter, a part through gcc with sanitizers, with vectors of this
## machine and with those of an emulated one.
conformance: build
	test -x .build/venv/bin/python || { $(call install,python3-venv); python3 -m venv .build/venv; }
	.build/venv/bin/python -m pip install --quiet --requirement Tests/Conformance/requirements.txt
	.build/venv/bin/python Tests/Conformance/onnx_suite.py $(SWIFTDL) --engine check
	.build/venv/bin/python Tests/Conformance/onnx_suite.py $(SWIFTDL) --every 10 --cc 'gcc -O1 -g -std=c99 -Wall -Wextra -Werror -fsanitize=address,undefined -fno-sanitize-recover'
	.build/venv/bin/python Tests/Conformance/onnx_suite.py $(SWIFTDL) --every 10 --flags '--target native' --cc 'gcc -O2 -std=c99 -Wall -Wextra -Werror'
	.build/venv/bin/python Tests/Conformance/onnx_suite.py $(SWIFTDL) --every 20 --flags '--target aarch64-neon' \
	  --cc 'aarch64-linux-gnu-gcc -O2 -static -std=c99 -Wall -Wextra -Werror' --run qemu-aarch64

build:
	$(SWIFT) build -c release --product swiftdl-compile

lint:
	$(SWIFT) format lint --strict --recursive Sources Tests Package.swift

tools:
	@$(call install,$(PACKAGES))

test-tools:
	@$(call install,$(TEST_PACKAGES))

clean:
	rm -rf .build samples/*/build

samples: SHELL := /bin/bash

# Debian packages that are not there yet.
install = missing=""; for p in $(1); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing$$missing"; $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq $$missing >/dev/null; fi
