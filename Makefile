# The two commands of the README: `make demo` and `make test`.
SWIFT ?= swift
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PACKAGES := gcc make libc6-dev libtcc-dev tcc zlib1g-dev
TEST_PACKAGES := clang-14 gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm

COMPILE := .build/release/swiftdl-compile
DEMO := .build/demo

.PHONY: demo test tools test-tools build lint samples clean

## Install what is missing, build, compile LeNet-5, check its C, build it with cc, and show what it reads in a digit.
demo: tools build
	@mkdir -p $(DEMO)
	$(COMPILE) inspect samples/lenet5/model.json
	$(COMPILE) check samples/lenet5/model.json --vectors samples/lenet5/io.safetensors
	$(MAKE) --no-print-directory -C samples/embed run SWIFTDL=$(CURDIR)/$(COMPILE)

## All tests: style, warnings as errors, unit and property tests, every sample through libtcc and gcc, firmware in an emulator.
test: tools test-tools lint
	$(SWIFT) build --build-tests --explicit-target-dependency-import-check error
	$(SWIFT) test --skip-build
	$(MAKE) --no-print-directory samples

samples: build
	$(MAKE) --no-print-directory -C samples/embed run SWIFTDL=$(CURDIR)/$(COMPILE)
	$(MAKE) --no-print-directory -C samples/cortex-m7 run SWIFTDL=$(CURDIR)/$(COMPILE)

build:
	$(SWIFT) build -c release --product swiftdl-compile

lint:
	$(SWIFT) format lint --strict --recursive Sources Tests Package.swift

tools:
	@$(call install,$(PACKAGES))

test-tools:
	@$(call install,$(TEST_PACKAGES))

clean:
	rm -rf .build

# Debian packages that are not there yet.
install = missing=""; for p in $(1); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing$$missing"; $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq $$missing >/dev/null; fi
