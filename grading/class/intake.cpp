#include "grading/class/intake.h"

#include "common/errors.h"
#include "grading/class/sha256.h"
#include "grading/files.h"
#include "grading/source_file.h"
#include "tests/harness/report.h"

#include <cerrno>

#include <unistd.h>

namespace grading {

namespace fs = std::filesystem;

namespace {

constexpr off_t most_archive = off_t{256} << 20U;

// After a call that failed: is it we who may not or cannot read? Nobody is marked down for that.
Outcome outcome_by_errno(Outcome otherwise)
{
    return errno == EACCES || errno == EIO ? Outcome::infrastructure_error : otherwise;
}

std::string whole(const lab::UniqueFd& file, off_t most)
{
    std::string text(static_cast<std::size_t>(most) + 1, '\0');
    std::size_t size = 0;
    for (ssize_t got = 1; got > 0 && size < text.size(); size += static_cast<std::size_t>(got)) {
        got = lab::check(::read(file.get(), text.data() + size, text.size() - size), "read");
    }
    text.resize(size);
    return text;
}

// What is to be said when it is not taken; else only its time. Where it lies on this machine is for
// who is to mend that: students read the other sentences.
Taken look_at(const lab::UniqueFd& file, const fs::path& name, Outcome refused, off_t most,
              struct stat& status)
{
    const Outcome outcome = file ? refused : outcome_by_errno(refused);
    const std::string why = objection(file, most, status);
    const fs::path shown = outcome == Outcome::infrastructure_error ? name : name.filename();
    return {"", status.st_mtim.tv_sec, why.empty() ? "" : shown.string() + " " + why + ".",
            outcome};
}

} // namespace

Taken Intake::source(const lab::UniqueFd& file, const fs::path& name)
{
    struct stat status {};
    Taken seen = look_at(file, name, Outcome::no_submission, most_source, status);
    if (!seen.trouble.empty()) {
        return seen;
    }
    const auto known = index_.known_hash(name, status);
    if (known && fs::exists(out_ / source_folder(*known) / "server.cpp")) {
        return {*known, status.st_mtim.tv_sec, ""};
    }
    const std::string text = whole(file, most_source);
    const std::string hash = sha256(text);
    const fs::path copy = out_ / source_folder(hash) / "server.cpp";
    if (!fs::exists(copy)) {
        fs::create_directories(copy.parent_path());
        harness::write_atomically(copy, text);
    }
    index_.remember(name, status, hash);
    return {hash, status.st_mtim.tv_sec, ""};
}

Taken Intake::archive(const fs::path& name)
{
    const lab::UniqueFd file = open_source(name);
    struct stat status {};
    Taken seen = look_at(file, "the archive", Outcome::rejected, most_archive, status);
    if (!seen.trouble.empty()) {
        return seen;
    }
    std::string hash = index_.known_hash(name, status).value_or("");
    if (hash.empty()) {
        hash = hashes_of({name}).at(0);
        index_.remember(name, status, hash);
    }
    return {hash, status.st_mtim.tv_sec, ""};
}

fs::path source_folder(const std::string& hash)
{
    return fs::path("sources") / hash;
}

} // namespace grading
