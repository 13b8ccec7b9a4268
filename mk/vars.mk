# mk/vars.mk: paths, tools and flags; every other rule file includes it.
TOP	:= $(abspath $(dir $(lastword $(MAKEFILE_LIST)))..)
BUILD	?= $(TOP)/build
override BUILD := $(abspath $(BUILD))
LIBDIR	:= $(BUILD)/lib/rumpkit
COMPDIR	:= $(LIBDIR)/components
MUSLDIR	:= $(BUILD)/x86_64-rumprun-linux-musl
HERE	:= $(patsubst $(TOP)/%,%,$(CURDIR))
OBJ	:= $(BUILD)/obj/$(HERE)$(if $(VARIANT),-$(VARIANT))

CC	= gcc
AR	= ar
WARN	= -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes \
	  -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wundef \
	  -Wvla -Wimplicit-fallthrough

# Code that runs in an image, or in any host process on posix.
KCFLAGS	= -std=gnu11 -O2 -g -fPIE -fvisibility=hidden -ffreestanding \
	  -ffunction-sections -fdata-sections -fno-common \
	  -fno-strict-aliasing -fno-asynchronous-unwind-tables \
	  -fno-omit-frame-pointer -mgeneral-regs-only \
	  -fstack-protector-strong -mstack-protector-guard=global \
	  -ffile-prefix-map=$(TOP)/= $(WARN)
# For what is in every image: small first.  -fstack-protector guards arrays of
# characters, the rest of the tree has -strong.  The two passes that are off
# make small code longer: some 300 bytes of hello.
SMALL	= -Oz -fno-inline-functions-called-once -fno-caller-saves \
	  -fno-move-loop-invariants -fno-stack-protector -fstack-protector
# Files that each packet or system call passes through, in such components.
FAST	= -O2 -finline-functions-called-once -fcaller-saves \
	  -fmove-loop-invariants -momit-leaf-frame-pointer
KCPPFLAGS = -I$(TOP)/include -I$(BUILD)/obj/gen/include

# Programs of the host.
HCFLAGS	= -std=gnu11 -O2 -g -ffile-prefix-map=$(TOP)/= $(WARN)
HCPPFLAGS = -D_GNU_SOURCE -I$(TOP)/include -I$(BUILD)/obj/gen/include

Q	= $(if $(V),,@)
say	= @printf '  %-7s %s\n' $(1) '$(patsubst $(BUILD)/%,%,$(2))'
