#include "grading/candidate.h"

#include "grading/compile.h"
#include "grading/exporters/exporters.h"
#include "grading/files.h"
#include "grading/hidden_code.h"
#include "grading/identity.h"
#include "grading/thread_sanitizer.h"
#include "tests/harness/report.h"

#include <stdexcept>

namespace grading {

namespace fs = std::filesystem;

namespace {

class Preparation {
public:
    Preparation(const CandidateRequest& what, Record& record, Interrupt& interrupt)
        : request_(what.request), what_(what), record_(record), interrupt_(interrupt)
    {
    }
    std::optional<Candidate> run()
    {
        return prepare_server() && prepare_tsan_server() ? std::optional(candidate_) : std::nullopt;
    }

private:
    bool prepare_server();
    bool compile_submission();
    bool prepare_tsan_server();
    // Without a jail the command that starts this program; else it is put there, under this name.
    std::string admit(const fs::path& program, const std::string& name);
    [[nodiscard]] CompileOptions compile_options(const fs::path& command,
                                                 const fs::path& scratch) const;
    void note_compilation(const Compiled& compiled);
    void note_hashes(const fs::path& submission);

    const Request& request_;
    const CandidateRequest& what_;
    Record& record_;
    Interrupt& interrupt_;
    Candidate candidate_;
};

bool Preparation::prepare_server()
{
    if (!request_.server.empty()) {
        const fs::path command = what_.scratch / "command";
        harness::write_atomically(command, request_.server);
        note_hashes(command);
        candidate_.server = request_.server;
        return true;
    }
    if (!request_.quick) {
        return compile_submission();
    }
    const fs::path server = request_.layout.students_server(request_.lab);
    if (!fs::exists(server)) {
        throw std::runtime_error(server.string() +
                                 " is not built; run make test LAB=" + short_name(request_.lab));
    }
    candidate_.server = shell_quoted(server.string());
    return true;
}

bool Preparation::compile_submission()
{
    what_.say("compiling");
    const Compiled compiled = compile(
        record_.submission,
        compile_options(request_.layout.compile_command(request_.lab), what_.scratch), interrupt_);
    note_compilation(compiled);
    if (!compiled.source.empty()) {
        note_hashes(compiled.source);
    }
    if (compiled.outcome != Outcome::graded) {
        return false;
    }
    candidate_.server = admit(compiled.program, "server");
    return true;
}

bool Preparation::prepare_tsan_server()
{
    if (!what_.rubric.thread_sanitizer) {
        return true;
    }
    if (!request_.server.empty()) {
        candidate_.no_tsan = "only a server.cpp can be built with ThreadSanitizer, not a command";
        return true;
    }
    what_.say("compiling with ThreadSanitizer");
    // In the same folder: a source that looks about by __has_include sees the same.
    CompileOptions options =
        compile_options(request_.layout.tsan_compile_command(request_.lab), what_.scratch);
    options.name = "tsan-server";
    const auto sanitizer = find_thread_sanitizer(options, interrupt_);
    candidate_.no_tsan = sanitizer.why_none;
    if (!candidate_.no_tsan.empty()) {
        return true;
    }
    if (request_.quick) {
        candidate_.tsan_server = sanitizer.command_for(
            shell_quoted(request_.layout.students_tsan_server(request_.lab).string()));
        return true;
    }
    Compiled compiled = compile(record_.submission, options, interrupt_);
    if (compiled.outcome != Outcome::graded) {
        compiled.sentence += " (With -fsanitize=thread; without it, it did.)";
        note_compilation(compiled);
        return false;
    }
    candidate_.tsan_server = sanitizer.command_for(admit(compiled.program, "tsan-server"));
    candidate_.hidden_code =
        hidden_code(record_.submission, options,
                    contents_of(request_.layout.compile_command(request_.lab)), interrupt_);
    return true;
}

std::string Preparation::admit(const fs::path& program, const std::string& name)
{
    if (what_.tier == Tier::d || what_.tier == Tier::c) {
        return shell_quoted(program.string());
    }
    std::string inside = "/srv/" + name;
    candidate_.admitted.push_back({program, inside});
    return inside;
}

CompileOptions Preparation::compile_options(const fs::path& command, const fs::path& scratch) const
{
    CompileOptions options;
    options.command = contents_of(command);
    options.scratch = scratch;
    options.time_limit = harness::Seconds(request_.compile_limit);
    options.jail = what_.tier == Tier::d ? nullptr : &request_.layout;
    options.bare = what_.tier == Tier::c;
    return options;
}

void Preparation::note_compilation(const Compiled& compiled)
{
    record_.outcome = compiled.outcome;
    record_.sentence = compiled.sentence;
    record_.compiler_output = compiled.output;
}

// By these three somebody else can tell whether the result would be the same again.
void Preparation::note_hashes(const fs::path& submission)
{
    if (request_.quick) {
        return; // nobody will ask, and the student is waiting
    }
    record_.hashes = {hashes_of({submission}).at(0),
                      suite_hash(request_.layout, request_.lab, hashes_of),
                      toolchain_hash(request_.layout, request_.lab, what_.rubric, hashes_of)};
}

} // namespace

std::optional<Candidate> prepare_candidate(const CandidateRequest& what, Record& record,
                                           Interrupt& interrupt)
{
    return Preparation(what, record, interrupt).run();
}

} // namespace grading
