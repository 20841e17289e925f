# The server-architecture labs. NN is a lab: 02 or 02-fork.
#
#   make grade LAB=NN                the official result of labs/NN: what passed, what failed, why
#       SUBMISSION=DIR                 … of the server.cpp in another folder
#       SERVER='any command'           … of a server in any language, started by that command
#       ONLY=TestName                  … one test alone
#       FORMAT=NAME  OUT=FILE          … in a format of `make formats`, in a file
#       TIER=auto|A|B|C|D              … in the best sandbox that there is here, or in this one
#   make grade-class SUBMISSIONS=DIR OUT=DIR [LAB='NN …'] [POLICY=FILE] [CLASS_FLAGS='--regrade …']
#       [TIER=…]                     a class: folders, zips, or a platform's export → a gradebook
#   make test LAB=NN [ONLY=…] [SERVER=…]   the fast loop: build what changed, run, say what is wrong
#   make test                        everything that this repository promises about itself
#   make pages OUT=DIR               the page of a class and of each student, from grade-class's DIR
#       SHOW=after_due_date|after_published  … with tests that were not to be seen before
#   make similarity SUBMISSIONS=DIR LAB=NN [OUT=DIR] [CLASS_FLAGS='--layout moodle']
#                                    who is like whom, beside the skeleton
#   make hint LAB=NN [TASK=n]        the next of three hints for the first task that fails
#   make formats                     the names for FORMAT: for whom, what for
#   make progress                    every lab with its marks so far
#   make step LAB=NN                 a guided tour of the solution in gdb, a client beside it
#   make reset LAB=NN                put a lab back to its skeleton; your file is kept aside
#   make grader LAB=NN               all that make grade LAB=NN needs, built but not run
#   make doctor                      is this machine fit, and if not, what mends it
#   make skeletons                   make labs/NN/server.cpp from solutions/NN/server.cpp
#   make verify-labs                 skeletons build and pass only what is free; solutions pass all
#   make specimens [LAB=NN]          wrong servers are caught by their test, unusual right ones pass
#   make hostile [ONLY=name]         submissions that attack the grader are contained (TIER=A|B|C|D)
#   make stress LAB=NN N=200         every test on every right server, N times, under load
#   make fuzz SECONDS=60             any bytes against the HTTP parser; needs clang with libFuzzer
#   make browser                     lab 05 and those who use a web server: curl, ab, Chromium
#   make handout [LAB='NN …']        build/handout: what students get, and nothing that tells how
#   make gradescope LAB=NN           build/gradescope/NN.zip: an autograder to upload there
#   make classroom LAB=NN            build/classroom/NN: for GitHub Actions and for Classroom 50
#   make export-class GRADEBOOK=OUT INTO=FILE FORMAT=canvas|moodle|csv|json OUT=NEW
#       [LAB=NN] [COLUMN='Title (id)'] the marks of a class, filled into the platform's own file
#   make bench-loop, make bench-zen  what one edit costs; what a conversation costs
#   make bench-core [ONLY=row]       labs 03 to 06 beside nginx and bare programs (TRIES=5)
#   make bench-class [COUNT=300]     a synthetic class: beside the least that it could cost
#   make bench-class-memory [COUNT=100000]   the runner's memory for so many records
#   make kill-class N=100            a class run, killed N times: nothing lost, nothing twice
#   make test-engines                the class on Slurm, losing a node, and by GNU parallel over ssh
#   make fresh-machine [SUITE=trixie] [AS=root]   the README's commands on a bare Debian
#   make format, make tidy, make clean         (make test tidies with QUICK=1: not everything)
#
# MODE=debug|release|asan|tsan: each has a build folder of its own. Nothing is built elsewhere.

MAKEFLAGS += -rR --no-print-directory -j$(shell nproc)
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SECONDARY:
SHELL := /bin/bash

MODE ?= debug
BUILD := build/$(MODE)
N ?= 200

# -- the compiler ---------------------------------------------------------------------------------
CXX := g++
flags_debug := -O0 -g
flags_release := -O2 -g -ffunction-sections -fdata-sections
# vptr looks at memory through a pipe of its own, and so cries wolf where descriptors have run out.
flags_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all
flags_tsan := -O1 -g -fsanitize=thread
ifndef flags_$(MODE)
$(error MODE=$(MODE) is none of debug release asan tsan)
endif
CXXFLAGS := -std=c++20 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -pthread -I. $(flags_$(MODE))
# spdlog: its compiled library, for a quick build. For release it is compiled into log.o, and servers
# bring their own C++ library, and no maths: each shared library makes fork dearer, and a function of
# one that is bound late is looked up anew in every child.
SPDLOG := -DSPDLOG_SHARED_LIB -DSPDLOG_COMPILED_LIB -DSPDLOG_FMT_EXTERNAL
LIBS := -lspdlog -lfmt
SERVER_LIBS := $(LIBS)
ifeq ($(MODE),release)
SPDLOG := -DSPDLOG_HEADER_ONLY -DFMT_HEADER_ONLY -DSPDLOG_FMT_EXTERNAL
LIBS :=
SERVER_LIBS := -nodefaultlibs -Wl,-z,now,--gc-sections \
    -Wl,-Bstatic -lstdc++ -Wl,-Bdynamic -lgcc -lgcc_eh -lc -lgcc -lgcc_eh
endif
TEST_LIBS := -lgtest -lboost_filesystem -lyaml-cpp -lseccomp
CLASS_LIBS := -lsqlite3 -lgit2 -lcrypto

# -- what there is: a new file or lab needs no line here ------------------------------------------
labs := $(patsubst grading/rubrics/%.yaml,%,$(wildcard grading/rubrics/*.yaml))
# None in what students get.
solved := $(notdir $(patsubst %/,%,$(wildcard solutions/*/)))
objects_of = $(patsubst %.cpp,$(BUILD)/obj/%.o,$(1))
members_common := $(call objects_of,$(wildcard common/*.cpp common/services/*.cpp common/http/*.cpp))
# What a lab teaches and the labs after it are given, common/after_NN, is a library of its own. What a
# server of lab $1 is linked with: of those only what comes before it. (sort tells which number that is.)
after := $(notdir $(wildcard common/after_*))
number = $(firstword $(subst -, ,$(1)))
before = $(filter-out $(2),$(firstword $(sort $(1) $(2))))
given = $(foreach part,$(after),$(if $(call before,$(part:after_%=%),$(call number,$(1))),$(BUILD)/lib$(part).a)) \
    $(BUILD)/libcommon.a
$(foreach part,$(after),$(eval members_$(part) := $(call objects_of,$(wildcard common/$(part)/*.cpp))))
client := $(BUILD)/obj/common/clients/client.o
members_harness := $(call objects_of,\
    $(filter-out %/main.cpp %/errno_watch.cpp %_test.cpp,$(wildcard tests/harness/*.cpp)))
# What only grading a class needs is a library of its own: no student's build has to wait for it.
class_sources := $(filter-out $(addprefix grading/class/,gradebook.cpp csv.cpp roster.cpp export_%),\
    grading/similarity/sources.cpp \
    $(wildcard grading/class/*.cpp grading/class/*/*.cpp grading/engines/*.cpp))
members_class := $(call objects_of,$(class_sources))
members_grading := $(call objects_of,\
    $(filter-out %/main.cpp grading/grade.cpp grading/grade_class.cpp grading/export_class.cpp \
    grading/unpack.cpp $(class_sources),$(wildcard grading/*.cpp grading/*/*.cpp)))
unit_tests := $(if $(solved),$(addprefix $(BUILD)/tests/,common_test harness_test grading_test))
drivers := $(labs:%=$(BUILD)/tests/%_test)
clients := $(patsubst %.cpp,$(BUILD)/%,$(wildcard common/clients/*_client.cpp common/clients/relay.cpp))
GRADE := $(BUILD)/grading/grade
GRADE_CLASS := $(BUILD)/grading/grade-class
objects_in = $(patsubst %.cpp,$(BUILD)/obj/%.o,$(wildcard $(1)/*_test.cpp))

# Labs whose tests want every server a second time, built with ThreadSanitizer.
ifneq ($(MODE),tsan)
tsan_labs := $(patsubst grading/rubrics/%.yaml,%,\
    $(shell grep -ls '^thread_sanitizer: true' grading/rubrics/*.yaml))
endif

# -- which lab is meant ---------------------------------------------------------------------------
ifdef LAB
lab := $(foreach name,$(LAB),$(filter $(name) $(name)-%,$(labs)))
# A class may be graded on several.
ifneq ($(words $(LAB)) $(words $(lab)),$(if $(filter grade-class handout,$(MAKECMDGOALS)),$(words $(LAB)) $(words $(LAB)),1 1))
# What somebody may have meant by 1, fork or labs/02-fork.
meant := $(foreach name,$(notdir $(LAB:%/=%)),$(firstword $(subst -, ,\
    $(firstword $(filter $(name) $(name)-% 0$(name)-% %-$(name),$(labs))))))
$(shell echo "LAB=$(LAB) is no lab; $(if $(filter-out $(LAB),$(meant)),did you mean LAB=$(meant)? )there are: $(labs)" >&2)
$(error which lab?)
endif
endif
class_labs := $(or $(lab),$(labs))
need_lab = $(if $(lab),,@echo "which lab? make $@ LAB=NN; there are: $(labs)" >&2; exit 2)

only_with_solutions := step skeletons verify-labs specimens stress unit fuzz browser bench-loop \
    bench-zen bench-core tidy handout gradescope classroom pages similarity hostile grade-class \
    export-class kill-class bench-class bench-class-memory test-engines $(if $(LAB),,test)
ifeq ($(solved),)
ifneq ($(filter $(only_with_solutions),$(MAKECMDGOALS)),)
$(error make $(filter $(only_with_solutions),$(MAKECMDGOALS)) needs the solutions, which are not here; \
    students have make grade LAB=NN, make test LAB=NN, make hint, make progress, make reset)
endif
endif

# Where somebody else's files are in the way, that is said, instead of what the first mkdir says.
ifneq ($(filter-out help doctor formats progress format-check shellcheck,$(or $(MAKECMDGOALS),help)),)
closed := $(shell find $(or $(wildcard build build/records build/progress $(BUILD) $(BUILD)/*),.) -maxdepth 0 \
    -type d ! -writable -printf '%p belongs to %u' -quit 2>/dev/null)
ifneq ($(closed),)
$(error $(closed), and you may not write there: make a copy of your own (cp -r $(CURDIR) ~), \
    or take it over (sudo chown -R "$$USER" $(CURDIR)))
endif
endif

.PHONY: help grade grade-class kill-class bench-class bench-class-memory test-engines test hint progress formats step reset doctor pages similarity skeletons verify-labs specimens stress \
    bench-loop bench-zen bench-core fuzz browser fresh-machine grader handout gradescope classroom export-class format format-check tidy shellcheck \
    clean all tools unit
help:
	@sed -n '/^$$/q; s/^# \{0,1\}//p' Makefile

# -- building -------------------------------------------------------------------------------------
tools: build/compile_commands.json $(GRADE) $(drivers) $(clients) $(labs:%=$(BUILD)/compile/%) $(labs:%=$(BUILD)/rubrics/%.checked)
all: tools $(if $(tsan_labs),tsan-common) $(labs:%=$(BUILD)/labs/%/server) $(solved:%=$(BUILD)/solutions/%/server) $(unit_tests)

# The packages, once: setup.sh installs what is missing or says how.
build/.packages: grading/setup.sh
	@grading/setup.sh --group student
	@mkdir -p $(@D) && touch $@

build/.class-packages: grading/setup.sh
	@grading/setup.sh --group class
	@mkdir -p $(@D) && touch $@
$(BUILD)/obj/grading/unpack.o $(BUILD)/obj/grading/grade_class.o $(members_class): | build/.class-packages

# An unfinished step leaves parameters and helpers unused for now.
UNFINISHED := -Wno-unused-parameter -Wno-unused-function -Wno-unused-but-set-variable
$(BUILD)/obj/labs/%.o: CXXFLAGS += $(UNFINISHED)

$(BUILD)/obj/%.o: %.cpp $(BUILD)/compile_flags | build/.packages
	@mkdir -p $(@D)
	@echo "compile $<" >&2
	@$(CXX) $(CXXFLAGS) $(WARNINGS) $(if $(filter common/log.cpp,$<),$(SPDLOG)) -MMD -MP -c $< -o $@

# A prerequisite that makes a file anew, unless it holds this text.
unless_it_holds = $(if $(subst x$(strip $(2))x,,x$(strip $(file <$(1)))x),FORCE)
.PHONY: FORCE

.SECONDEXPANSION:
$(BUILD)/lib%.a: $(BUILD)/lib%.members $$(members_$$*)
	@rm -f $@
	@ar crs $@ $(filter %.o,$^)

# Changes when a source comes or goes: a library keeps nothing of one that is gone.
$(BUILD)/lib%.members: $$(call unless_it_holds,$$@,$$(members_$$*))
	@mkdir -p $(@D)
	@echo '$(strip $(members_$*))' > $@

LINK = @mkdir -p $(@D); echo "link $@" >&2; $(CXX) $(CXXFLAGS) $(filter %.o %.a,$^) -o $@

$(BUILD)/%/server: $(BUILD)/obj/%/server.o $$(call given,$$(notdir $$*))
	$(LINK) $(SERVER_LIBS)
$(clients): $(BUILD)/%: $(BUILD)/obj/%.o $(client) $(BUILD)/libcommon.a
	$(LINK) $(LIBS)
# Preloaded into servers, hence never with a sanitizer.
$(BUILD)/tests/errno_watch.so: tests/harness/errno_watch.cpp Makefile $(BUILD)/compile_flags | build/.packages
	@mkdir -p $(@D)
	@echo "compile $<" >&2
	@$(CXX) -std=c++20 -O1 -g -Wall -Wextra -fPIC -shared $< -o $@ -ldl
$(drivers): $(BUILD)/tests/%_test: $(BUILD)/tests/errno_watch.so $(BUILD)/obj/tests/labs/%_test.o \
        $(BUILD)/obj/tests/harness/main.o $(BUILD)/libharness.a $(BUILD)/libcommon.a
	$(LINK) $(LIBS) $(TEST_LIBS)
$(BUILD)/tests/common_test: $(BUILD)/obj/tests/fuzz/http_checks.o $(client)
# Stands in jails and before every server: static, hence never with a sanitizer.
JAIL := $(BUILD)/grading/jail
jail_sources := $(wildcard grading/jail/program/*.cpp)
$(JAIL): $(jail_sources) grading/jail/program/door.h tests/harness/warden.h Makefile \
        $(BUILD)/compile_flags | build/.packages
	@mkdir -p $(@D)
	@echo "compile $@" >&2
	@$(CXX) -std=c++20 -O1 -Wall -Wextra -Wshadow -Wconversion -I. -static $(jail_sources) -o $@
$(unit_tests): $(BUILD)/tests/%_test: $$(call objects_in,tests/$$*) $(BUILD)/libclass.a \
        $(BUILD)/libgrading.a $(BUILD)/libharness.a $(BUILD)/libcommon.a
	$(LINK) $(LIBS) -lgtest_main $(TEST_LIBS) $(CLASS_LIBS)
$(BUILD)/tests/grading_test: $(GRADE) $(GRADE_CLASS) $(BUILD)/grading/unpack
$(BUILD)/tests/harness_test: $(BUILD)/solutions/01-iterative/server
$(BUILD)/tests/common_test: $(BUILD)/common/clients/chat_client $(BUILD)/solutions/04-select-chat/server
$(GRADE): $(JAIL) $(BUILD)/obj/grading/grade.o $(BUILD)/libgrading.a $(BUILD)/libharness.a \
        $(BUILD)/libcommon.a
	$(LINK) $(LIBS) $(TEST_LIBS)

$(GRADE_CLASS): $(BUILD)/obj/grading/grade_class.o $(BUILD)/libclass.a $(BUILD)/libgrading.a \
        $(BUILD)/libharness.a $(BUILD)/libcommon.a
	$(LINK) $(LIBS) $(TEST_LIBS) $(CLASS_LIBS)
# Reads what strangers have made: nothing of ours is in it but the one file.
$(BUILD)/grading/unpack: $(BUILD)/obj/grading/unpack.o
	$(LINK) -larchive

$(BUILD)/tests/bench/%: $(BUILD)/obj/tests/bench/%.o $(client) $(BUILD)/libharness.a $(BUILD)/libcommon.a
	$(LINK) $(LIBS) $(TEST_LIBS)

$(BUILD)/tests/bench/core_bench: $(patsubst %,$(BUILD)/obj/tests/bench/%.o,core_bench target \
        http_load zen_load chat_load udp_load) $(client) $(BUILD)/libharness.a $(BUILD)/libcommon.a
	$(LINK) $(LIBS) $(TEST_LIBS)

# Programs of the grading beside `grade`: their main stands alone.
grading_programs := $(patsubst grading/%/main.cpp,$(BUILD)/grading/%/main,$(wildcard grading/*/main.cpp))
$(grading_programs): $(BUILD)/%: $(BUILD)/obj/%.o $(BUILD)/libclass.a $(BUILD)/libgrading.a \
        $(BUILD)/libharness.a $(BUILD)/libcommon.a
	$(LINK) $(LIBS) $(TEST_LIBS) $(CLASS_LIBS)

# Everything is compiled anew when it changes, and not whenever this file does. What was handed out says
# which edition it is: unpacked over an earlier one, its files may be older than what was built of that.
built_by := $(CXX) $(CXXFLAGS) $(UNFINISHED) $(file <.edition)
$(BUILD)/compile_flags: $$(call unless_it_holds,$$@,$$(built_by))
	@mkdir -p $(@D)
	@echo '$(strip $(built_by))' > $@

# How `grade` compiles a submission for a lab: as make would.
$(BUILD)/compile/%: Makefile $(BUILD)/compile_flags $$(call given,$$*)
	@mkdir -p $(@D)
	@echo '$(CXX) $(CXXFLAGS) $(UNFINISHED) {source} -o {program} $(filter %.a,$^) $(SERVER_LIBS)' > $@

# What such labs need, in the folder of MODE=tsan: by a make of its own, as each MODE.
.PHONY: tsan-common tsan-server
make_tsan = @MAKEFLAGS= LAB= $(MAKE) -s --no-print-directory MODE=tsan $(tsan_labs:%=build/tsan/compile/%)
tsan-common:
	$(make_tsan)
tsan-server: $(BUILD)/labs/$(lab)/server
	$(make_tsan) build/tsan/labs/$(lab)/server

# A rubric that does not fit its tests stops the build.
$(BUILD)/rubrics/%.checked: grading/rubrics/%.yaml $(BUILD)/tests/%_test $(GRADE)
	@mkdir -p $(@D)
	@$(GRADE) --lab $* --build $(BUILD) --check-rubric && touch $@

# Where clangd and clang-tidy look for it.
build/compile_commands.json: Makefile
	@mkdir -p $(@D)
	@{ echo '['; sep=; for f in $$(git ls-files -co --exclude-standard '*.cpp' 2>/dev/null || \
	    find common labs tests grading -name '*.cpp'); do \
	    printf '%s{"directory":"%s","file":"%s","command":"%s"}' "$$sep" "$(CURDIR)" "$$f" \
	        "$(CXX) $(CXXFLAGS) $(SPDLOG) -c $$f"; sep=$$',\n'; done; echo ']'; } > $@

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# -- students -------------------------------------------------------------------------------------
SUBMISSION ?= labs/$(lab)
quoted = '$(subst ','\'',$(1))'
grade_flags = --lab $(lab) --build $(BUILD) $(if $(ONLY),--only $(call quoted,$(ONLY))) \
    $(if $(SERVER),--server $(call quoted,$(SERVER))) $(if $(OUT),--out $(call quoted,$(OUT))) \
    $(if $(TIER),--tier $(call quoted,$(TIER)))

# Of all labs' tools, those of one: a first result soon after the clone.
grader = $(if $(lab),build/compile_commands.json $(BUILD)/compile/$(lab) \
    $(BUILD)/rubrics/$(lab).checked) $(if $(filter $(tsan_labs),$(lab)),tsan-common)
grader: $(grader)
	$(need_lab)

grade: $(grader)
	$(need_lab)
	@$(GRADE) $(grade_flags) $(if $(SERVER),,--submission $(call quoted,$(SUBMISSION))) \
	    --format $(call quoted,$(or $(FORMAT),text))

PAGES := $(BUILD)/grading/pages/main
pages: $(PAGES)
	$(if $(OUT),,@echo "which folder? make pages OUT=DIR, as given to grade-class" >&2; exit 2)
	@$(PAGES) $(call quoted,$(OUT)) $(if $(SHOW),--show $(call quoted,$(SHOW)))

SIMILARITY := $(BUILD)/grading/similarity/main
similarity: $(SIMILARITY) $(BUILD)/grading/unpack
	$(need_lab)
	$(if $(SUBMISSIONS),,@echo "whose? make similarity SUBMISSIONS=DIR LAB=NN" >&2; exit 2)
	@$(SIMILARITY) $(call quoted,$(SUBMISSIONS)) --lab $(lab) --build $(BUILD) \
	    $(if $(OUT),--out $(call quoted,$(OUT))) $(CLASS_FLAGS)

# Of several labs at once: LAB='01 02'.
grade-class: $$(class_programs) $(class_labs:%=$(BUILD)/rubrics/%.checked) \
        $(if $(filter $(tsan_labs),$(class_labs)),tsan-common)
	@$(if $(SUBMISSIONS),,echo "whose work? make grade-class SUBMISSIONS=DIR OUT=DIR" >&2; exit 2)
	@$(if $(OUT),,echo "where to? make grade-class SUBMISSIONS=DIR OUT=DIR" >&2; exit 2)
	@$(GRADE_CLASS) --build $(BUILD) --submissions $(call quoted,$(SUBMISSIONS)) \
	    --out $(call quoted,$(OUT)) $(class_labs:%=--lab %) \
	    $(if $(POLICY),--policy $(call quoted,$(POLICY))) \
	    $(if $(TIER),--tier $(call quoted,$(TIER))) $(CLASS_FLAGS)

hint: $(if $(lab),$(GRADE))
	$(need_lab)
	@$(GRADE) hint --lab $(lab) $(if $(TASK),--task $(call quoted,$(TASK)))

progress: $(GRADE)
	@$(GRADE) progress

formats: $(GRADE)
	@$(GRADE) --list-formats

step: $(if $(lab),$(BUILD)/solutions/$(lab)/server $(clients))
	$(need_lab)
	@grading/tour.sh $(lab) $(BUILD)

reset:
	$(need_lab)
	@grading/skeletons.sh --reset $(lab)

doctor:
	@grading/doctor.sh

# -- classes: what goes out, and what goes into a platform ----------------------------------------
EXPORT_CLASS := $(BUILD)/grading/export-class
$(EXPORT_CLASS): $(BUILD)/obj/grading/export_class.o $(BUILD)/libgrading.a $(BUILD)/libharness.a \
        $(BUILD)/libcommon.a
	$(LINK) $(LIBS) $(TEST_LIBS)

export-class: $(if $(and $(GRADEBOOK),$(FORMAT)),$(EXPORT_CLASS))
	$(if $(GRADEBOOK),,@echo "GRADEBOOK is missing: the OUT of make grade-class, or the gradebook.json in it" >&2; exit 2)
	$(if $(FORMAT),,@echo "FORMAT is missing: one of canvas, moodle, csv, json" >&2; exit 2)
	@$(EXPORT_CLASS) --gradebook $(call quoted,$(GRADEBOOK)) \
	    $(if $(INTO),--into $(call quoted,$(INTO))) --format $(call quoted,$(FORMAT)) \
	    $(if $(lab),--lab $(lab)) $(if $(COLUMN),--column $(call quoted,$(COLUMN))) \
	    $(if $(OUT),--out $(call quoted,$(OUT)))

handout:
	@grading/packages/package.sh handout $(lab)

gradescope classroom:
	$(need_lab)
	@grading/packages/package.sh $@ $(lab)

# -- the fast loop, and everything ----------------------------------------------------------------
ifdef LAB
test: $(BUILD)/tests/$(lab)_test $(GRADE) $(if $(SERVER),,$(BUILD)/labs/$(lab)/server) \
        $(if $(SERVER),,$(if $(filter $(tsan_labs),$(lab)),tsan-server))
	@$(GRADE) $(grade_flags) --quick
else
test:
	@grading/setup.sh
	+@MODE=$(MODE) grading/test_all.sh
endif

unit: all
	@$(foreach test,$(unit_tests),$(test) --gtest_brief=1 &&) true

# -- those who write labs -------------------------------------------------------------------------
skeletons:
	@grading/skeletons.sh

verify-labs: all
	+@grading/verify_labs.sh $(BUILD) $(lab)

SPECIMENS := $(BUILD)/tests/specimens/specimens
$(SPECIMENS): $(patsubst %.cpp,$(BUILD)/obj/%.o,$(wildcard tests/specimens/*.cpp)) $(BUILD)/libgrading.a \
        $(BUILD)/libharness.a $(BUILD)/libcommon.a
	$(LINK) $(LIBS) $(TEST_LIBS)

specimens: all $(SPECIMENS)
	@$(SPECIMENS) matrix --build $(BUILD) $(if $(ONLY),--only $(call quoted,$(ONLY))) $(lab)

stress: all $(SPECIMENS)
	@$(SPECIMENS) stress --build $(BUILD) --times $(N) $(if $(ONLY),--only $(call quoted,$(ONLY))) $(lab)

HOSTILE := $(BUILD)/tests/grading/hostile/hostile
$(HOSTILE): $(patsubst %.cpp,$(BUILD)/obj/%.o,$(wildcard tests/grading/hostile/*.cpp)) \
        $(BUILD)/libgrading.a $(BUILD)/libharness.a $(BUILD)/libcommon.a
	$(LINK) $(LIBS) $(TEST_LIBS)

.PHONY: hostile
hostile: $(HOSTILE) $(GRADE) $(GRADE_CLASS) $(BUILD)/grading/unpack $(BUILD)/tests/01-iterative_test \
        $(BUILD)/compile/01-iterative
	@$(HOSTILE) --build $(BUILD) $(if $(ONLY),--only $(call quoted,$(ONLY))) $(if $(TIER),--tier $(TIER)) \
	    $(if $(QUICK),--quick) $(if $(NO_NAMESPACES),--without-namespaces)

# What it finds stays in build/fuzz; what is worth keeping goes to the corpus, which a unit test reads.
SECONDS ?= 60
fuzz_sources = tests/fuzz/http_checks.cpp $(wildcard common/http/*.cpp) common/log.cpp common/errors.cpp
fuzz:
	@mkdir -p build/fuzz/found
	@$(firstword $(shell command -v clang++-14 clang++)) -std=c++20 -O1 -g -I. $(SPDLOG) \
	    -fsanitize=fuzzer,address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all \
	    tests/fuzz/http_fuzz.cpp $(fuzz_sources) -lspdlog -lfmt -o build/fuzz/http_fuzz
	@build/fuzz/http_fuzz -max_total_time=$(SECONDS) -max_len=40000 -artifact_prefix=build/fuzz/ \
	    build/fuzz/found tests/fuzz/corpus

browser: $(if $(SERVER),,$(BUILD)/solutions/05-epoll-web/server)
	@tests/browser/run.sh --server $(call quoted,$(or $(SERVER),$<))

class_programs := $(GRADE) $(GRADE_CLASS) $(BUILD)/grading/unpack $(labs:%=$(BUILD)/compile/%)
bench-class: $(class_programs) $(BUILD)/tests/01-iterative_test $(BUILD)/tests/02-fork_test
	@tests/bench/class.sh

COUNT ?= 100000
bench-class-memory: $(class_programs) $(BUILD)/tests/01-iterative_test
	@tests/bench/class_memory.py $(GRADE_CLASS) $(CURDIR) build/bench-class-memory $(COUNT)

# The unit test with more kills.
kill-class: $(BUILD)/tests/grading_test
	@KILLS=$(N) $(BUILD)/tests/grading_test --gtest_brief=1 --gtest_filter='KillTest.*'

# As root: they start a cluster of two nodes, and a host to log in to, on this machine.
engine_tests = $(BUILD)/tests/grading_test --gtest_also_run_disabled_tests --gtest_brief=1 --gtest_filter
test-engines: $(BUILD)/tests/grading_test
	@grading/setup.sh --group engines
	@tests/grading/slurm_cluster.sh build/engines/slurm $(engine_tests)='EngineTest.*Slurm*'
	@tests/grading/ssh_host.sh build/engines/ssh $(engine_tests)='EngineTest.*Parallel*'

bench-loop bench-zen bench-core:
	+@tests/bench/$(@:bench-%=%).sh

fresh-machine:
	@AS='$(AS)' grading/fresh_machine.sh $(SUITE)

# What instructors run, and what students are not given.
ifneq ($(solved),)
all: $(PAGES) $(SIMILARITY) $(EXPORT_CLASS) $(class_programs)
endif

# The layout is that of one version of clang-format; another one would disagree in places.
clang_format := $(firstword $(shell command -v clang-format-14 clang-format))
clang_tidy := $(firstword $(shell command -v clang-tidy-14 clang-tidy))
sources = $(shell git ls-files -co --exclude-standard '*.cpp' '*.h' | grep -v ^labs/)

format:
	@$(clang_format) -i $(sources)

format-check:
	@$(clang_format) --dry-run -Werror $(sources)

# QUICK=1, of make test: what is read most, without the two that take most of the time: the analysis of
# every path, and the look for reserved names in all headers.
never_tidied = tests/grading/hostile/run/% tests/grading/hostile/compile/%
read_less = tests/bench/% tests/common/% tests/fuzz/% tests/grading/% tests/specimens/%
quick_checks = --checks='-clang-analyzer-*,-bugprone-reserved-identifier'
tidy: build/compile_commands.json
	@printf '%s\n' $(filter-out $(never_tidied) $(if $(QUICK),$(read_less)),$(filter %.cpp,$(sources))) | \
	    xargs -P "$$(nproc)" -n 2 $(clang_tidy) -p build --quiet $(if $(QUICK),$(quick_checks))

shellcheck:
	@shellcheck .ci/run $$(git ls-files -co --exclude-standard '*.sh')

clean:
	@rm -rf build
