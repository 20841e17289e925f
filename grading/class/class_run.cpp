#include "grading/class/class_run.h"

#include "grading/class/book.h"
#include "grading/class/collect.h"
#include "grading/class/earlier_book.h"
#include "grading/class/intake.h"
#include "grading/class/lab_notes.h"
#include "grading/class/manifest.h"
#include "grading/class/meter.h"
#include "grading/class/regrade.h"
#include "grading/class/run_report.h"
#include "grading/class/store.h"
#include "grading/class/who.h"
#include "grading/engines/engine.h"
#include "grading/files.h"
#include "grading/identity.h"
#include "grading/jail/tier.h"
#include "grading/pages/pages.h"
#include "grading/session.h"
#include "tests/harness/patience.h"
#include "tests/harness/spawn.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>

#include <unistd.h>

namespace grading {

namespace fs = std::filesystem;

namespace {

class ClassRun {
public:
    ClassRun(const ClassRequest& request, Policy policy);
    int run();

private:
    void prepare();
    void collect_all();
    void write_notes(const std::vector<std::string>& notes) const;
    void take_back_records();
    void write_manifest();
    void choose_sandbox();
    void grade();
    BookResult keep_book();
    [[nodiscard]] Hasher cached_hasher();
    [[nodiscard]] std::string key_of(const std::string& lab, const std::string& submission) const;
    void say(const std::string& line) const;
    void tell(const Unit& unit, UnitEnd end, const std::string& why);

    const ClassRequest& request_;
    OutLock lock_;
    Index index_;
    std::vector<std::string> whom_to_regrade_; // ids
    std::optional<Regrade> regrade_;
    BookOptions book_;
    RunFacts facts_;
    std::size_t missing_ = 0;
    unsigned jobs_;
    bool terminal_ = ::isatty(STDERR_FILENO) == 1;
    std::unique_ptr<Meter> meter_;
};

// Where everything of this run is kept; made before the lock in it.
const fs::path& made(const fs::path& out)
{
    std::error_code error;
    fs::create_directories(out, error);
    if (error) {
        throw std::invalid_argument("--out " + out.string() +
                                    " cannot be made: " + error.message());
    }
    for (const fs::path& place : {out, out / "lock"}) {
        if (::access(place.c_str(), W_OK) == -1 && errno != ENOENT) {
            throw std::invalid_argument("--out " + place.string() + " cannot be written: " +
                                        std::strerror(errno) + "; choose a folder of your own");
        }
    }
    return out;
}

ClassRun::ClassRun(const ClassRequest& request, Policy policy)
    : request_(request), lock_(made(request.out)), index_(request.out / "index.sqlite"),
      jobs_(request.jobs)
{
    facts_.engine = request.engine;
    facts_.jobs = request.jobs;
    book_.out = request.out;
    book_.policy = std::move(policy);
}

void ClassRun::say(const std::string& line) const
{
    std::fprintf(stderr, "%s\n", line.c_str());
}

// What has not changed since it was hashed is not read again.
Hasher ClassRun::cached_hasher()
{
    return [this](const std::vector<fs::path>& files) {
        std::vector<std::string> hashes;
        for (const fs::path& name : files) {
            const fs::path file = fs::absolute(name);
            struct stat status {};
            if (::stat(file.c_str(), &status) == -1) {
                throw std::runtime_error(
                    file.string() +
                    (errno == ENOENT ? " is not built; run make"
                                     : std::string(" cannot be read: ") + std::strerror(errno)));
            }
            std::string hash = index_.known_hash(file, status).value_or("");
            if (hash.empty()) {
                hash = hashes_of({file}).at(0); // a driver is large: never whole in memory
                index_.remember(file, status, hash);
            }
            hashes.push_back(hash);
        }
        return hashes;
    };
}

void ClassRun::prepare()
{
    sweep(request_.out);
    const Hasher hasher = cached_hasher();
    for (const std::string& lab : request_.labs) {
        const Rubric rubric = load_rubric(request_.layout.rubric(lab));
        book_.labs.push_back({lab, rubric.title, blank_record(lab, rubric).max_score});
        book_.hashes[lab] = {"", suite_hash(request_.layout, lab, hasher),
                             toolchain_hash(request_.layout, lab, rubric, hasher)};
    }
}

void ClassRun::collect_all()
{
    CollectOptions options;
    options.submissions = request_.submissions;
    options.out = request_.out;
    options.labs = request_.labs;
    options.layout = request_.handing;
    options.unpack.layout = request_.layout;
    std::vector<std::string> notes = collect(options, index_);
    std::ranges::move(use_ids(book_.policy, index_), std::back_inserter(notes));
    // Before anything is put aside: a slip of the pen regrades nobody.
    whom_to_regrade_ = ids_to_regrade(index_, request_.regrade);
    if (fs::is_empty(request_.submissions)) {
        notes.push_back(request_.submissions.string() + " is empty: nobody has handed in");
    } else {
        std::ranges::move(notes_on_labs(request_.labs, book_.policy, index_),
                          std::back_inserter(notes));
    }
    write_notes(notes);
}

void ClassRun::write_notes(const std::vector<std::string>& notes) const
{
    std::string text;
    for (const std::string& line : notes) {
        say("note: " + line);
        text += line + "\n";
    }
    harness::write_atomically(request_.out / "notes.txt", text);
}

std::string ClassRun::key_of(const std::string& lab, const std::string& submission) const
{
    Hashes hashes = book_.hashes.at(lab);
    hashes.submission = submission;
    return record_key(hashes);
}

void ClassRun::take_back_records()
{
    regrade_.emplace(request_.out, request_.regrade_all, whom_to_regrade_);
    if (regrade_->going_on()) {
        say("going on with the --regrade that was interrupted; to begin again, remove " +
            regrade_->beginning().string());
    }
    const auto take_back = [&](const std::string& lab, const std::string& hash) {
        regrade_->take_back(record_file(request_.out, lab, key_of(lab, hash)));
    };
    if (request_.regrade_all) {
        index_.for_each_unit(false,
                             [&](const UnitOfWork& unit) { take_back(unit.lab, unit.hash); });
    }
    for (const std::string& student : whom_to_regrade_) {
        for (const Attempt& attempt : index_.attempts_of(student)) {
            if (!attempt.hash.empty()) {
                take_back(attempt.lab, attempt.hash);
            }
        }
    }
}

void ClassRun::write_manifest()
{
    ManifestWriter writer(request_.out, {fs::absolute(request_.layout.root).lexically_normal(),
                                         request_.layout.build, request_.tier});
    missing_ = 0;
    index_.for_each_unit(!book_.policy.best_attempt, [&](const UnitOfWork& unit) {
        const std::string key = key_of(unit.lab, unit.hash);
        missing_ += fs::exists(record_file(request_.out, unit.lab, key)) ? 0 : 1;
        writer.add({unit.lab, key, source_folder(unit.hash).string()});
    });
    facts_.units = writer.finish();
}

void ClassRun::tell(const Unit& unit, UnitEnd end, const std::string& why)
{
    if (end == UnitEnd::had_record) {
        return;
    }
    ++facts_.graded;
    if (end == UnitEnd::failed) {
        meter_->note(unit.lab + " " + unit.source + ": not graded: " + why);
    }
    meter_->advance(unit.lab);
}

// Throws for a tier that is not to be had. On other machines, an engine's, it may be another one.
void ClassRun::choose_sandbox()
{
    const Choice choice = choose_tier(request_.tier, request_.layout);
    say("sandbox tier " + to_string(choice.tier) + ": " + meaning_of(to_string(choice.tier)));
    if (choice.tier == Tier::d && request_.tier == "auto") {
        say("note: these are other people's programs, and nothing keeps them from your files: " +
            choice.why + " (make doctor knows more)");
    }
    if (choice.tier == Tier::c) {
        close_to_other_users(request_.out);
        jobs_ = 1; // they could reach each other
        if ((fs::status(request_.submissions).permissions() & fs::perms::others_exec) !=
            fs::perms::none) {
            say("note: these programs run as other users, who may read what is handed in: chmod "
                "go= " +
                request_.submissions.string());
        }
    }
}

void ClassRun::grade()
{
    say(std::to_string(facts_.units - missing_) + " of " + std::to_string(facts_.units) +
        " have a record; to be graded: " + std::to_string(missing_));
    if (missing_ == 0) {
        return;
    }
    choose_sandbox();
    facts_.slowness = harness::measure_slowness();
    meter_ = std::make_unique<Meter>(missing_, terminal_);
    EngineRequest wanted{request_.out, fs::read_symlink("/proc/self/exe"), facts_.units, jobs_,
                         request_.engine_options};
    const auto engine = make_engine(request_.engine, wanted);
    Interrupt interrupt;
    engine->run(interrupt, [this](const Unit& unit, UnitEnd end, const std::string& why) {
        tell(unit, end, why);
    });
    meter_.reset();
}

bool has_failed(const BookResult& result)
{
    return std::ranges::any_of(result.statistics.labs(), [](const auto& lab) {
        return lab.second.outcomes.contains(std::string(to_string(Outcome::infrastructure_error)));
    });
}

// The gradebook, and the pages when it says something new: a file beside them tells of which
// gradebook they are, and comes last, so that a run which is killed among them makes them anew.
BookResult ClassRun::keep_book()
{
    const std::string kept =
        keep_earlier_book(request_.out, {request_.labs, fs::canonical(request_.submissions)});
    if (!kept.empty()) {
        say("note: " + kept);
    }
    BookResult result = write_book(book_, index_);
    const fs::path pages_are_of = request_.out / "students" / ".gradebook";
    const std::string hash = hashes_of({request_.out / "gradebook.json"}).at(0);
    const bool made = fs::exists(pages_are_of) && contents_of(pages_are_of) == hash;
    if (result.damaged == 0 && !(made && fs::exists(request_.out / "index.html"))) {
        write_class_pages(request_.out, {.layout = request_.layout});
        harness::write_atomically(pages_are_of, hash);
    }
    return result;
}

int ClassRun::run()
{
    prepare();
    collect_all();
    take_back_records();
    write_manifest();
    grade();
    BookResult result = keep_book();
    if (result.damaged > 0) {
        say("records that could not be read, now graded again: " + std::to_string(result.damaged));
        std::ranges::for_each(result.damage, [this](const auto& line) { say("  " + line); });
        write_manifest();
        grade();
        result = keep_book();
    }
    regrade_->end();
    write_run_file(request_.out, facts_, result);
    print_report(request_.out, facts_, result);
    return has_failed(result) ? exit_infrastructure : exit_graded;
}

// Before anything is made: a slip in the command leaves nothing behind.
Policy checked(const ClassRequest& request)
{
    if (!fs::is_directory(request.submissions)) {
        throw std::invalid_argument("--submissions " + request.submissions.string() +
                                    " is no folder");
    }
    if (!fs::exists(request.layout.unpacker())) {
        throw std::invalid_argument("--build " + request.layout.build.string() + ": there is no " +
                                    request.layout.unpacker().string() + "; run make");
    }
    (void)make_engine(request.engine,
                      {.out = request.out, .program = {}, .options = request.engine_options});
    if (request.tier != "auto") {
        (void)choose_tier(request.tier, request.layout);
    }
    return request.policy.empty()
               ? plain_policy(request.labs)
               : load_policy(request.policy, {request.labs, labs_in(request.layout)});
}

// Streams and SQLite do not say why they could not write: then what is left on the disk tells.
bool for_want_of_room(const std::exception& error, const fs::path& out)
{
    if (const auto* const known = dynamic_cast<const std::system_error*>(&error)) {
        return known->code().value() == ENOSPC || known->code().value() == EDQUOT;
    }
    constexpr std::uintmax_t little = 1U << 20U;
    std::error_code unknown;
    const fs::space_info space = fs::space(out, unknown);
    return !unknown && space.available < little;
}

} // namespace

int grade_class(const ClassRequest& request)
{
    harness::become_subreaper();
    Policy policy = checked(request);
    try {
        return ClassRun(request, std::move(policy)).run();
    } catch (const Interrupted&) {
        std::fprintf(stderr, "\nstopped; what is graded is kept, and the same command goes on\n");
        return exit_interrupted;
    } catch (const std::invalid_argument&) {
        throw;
    } catch (const std::exception& error) {
        if (!for_want_of_room(error, request.out)) {
            throw;
        }
        throw std::runtime_error(std::string(error.what()) +
                                 "; OUT has no room left: free some on its disk (" +
                                 (request.out / "unpacked").string() +
                                 " may go), then the same command goes on, and repeats nothing");
    }
}

} // namespace grading
