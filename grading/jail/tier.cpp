#include "grading/jail/tier.h"

#include "grading/files.h"
#include "grading/jail/cgroup.h"
#include "grading/jail/jail.h"
#include "tests/harness/proc.h"
#include "tests/harness/report.h"

#include <algorithm>
#include <stdexcept>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

namespace grading {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view letters = "ABCD";
constexpr std::array<std::string_view, 4> meanings{
    "a pod and a jail for every test: a network and processes of its own, of this machine only its "
    "libraries, limits, and a cgroup around its memory and processes.",
    "a pod and a jail for every test: a network and processes of its own, of this machine only its "
    "libraries, limits, and a watch on its memory.",
    "a user of its own for every test, and limits. It shares this machine's network and reads what "
    "everybody may read.",
    "none. Good for checking your own work, not for an official mark."};

// What the command said on its standard error, when it did not end well.
std::string trouble_with(harness::Command command)
{
    const lab::UniqueFd errors = memory_file();
    command.errors = errors.get();
    harness::ChildProcess process = harness::spawn(command);
    const auto status = process.wait(harness::Seconds(20));
    if (status && status->success()) {
        return "";
    }
    const std::string said = contents_of(errors.get(), 500);
    return !said.empty() ? said.substr(0, said.find('\n'))
           : status      ? "a pod " + to_string(*status)
                         : "a pod did not end";
}

// Of a pod with a jail in it, in which /bin/true runs.
std::string trouble_with_jails(const Layout& layout)
{
    harness::find_program("bwrap");
    const TemporaryFolder folder(layout.scratch());
    fs::permissions(folder.path(), fs::perms(0711));
    const fs::path scratch = folder.path() / "memory";
    fs::create_directories(scratch);
    give_to_stranger(scratch);
    const ServerJail jail(layout, folder.path() / "jail",
                          {{harness::find_program("true"), "/srv/true"}}, false);
    harness::Command driver{.arguments = jail.command(scratch), .directory = {}};
    driver.arguments.insert(driver.arguments.end(), {"--", "/srv/true"});
    return trouble_with(jail.in_pod(driver, scratch));
}

// What a look finds, or ends in.
std::string found_by(std::string (*look)(const Layout&), const Layout& layout)
{
    try {
        return look(layout);
    } catch (const std::exception& error) {
        return error.what();
    }
}

std::string trouble_with_cgroups(const Layout&)
{
    const CgroupHome home;
    const Cgroup cgroup(home, "probe-" + std::to_string(::getpid()), most_server_memory, 10);
    harness::Command command{.arguments = {"true"}, .directory = {}};
    command.cgroup = cgroup.door();
    return trouble_with(command);
}

// As root, without namespaces: users are the only walls, so the tests must be root's alone.
std::string why_no_users(const Layout& layout)
{
    if (::geteuid() != 0) {
        return "it takes root";
    }
    const std::string driver = fs::absolute(layout.driver(labs_in(layout).at(0))).string();
    const auto as_stranger = [](const std::string& script) {
        harness::Command command{.arguments = {"sh", "-c", script}, .directory = "/"};
        command.user = stranger();
        return command;
    };
    if (std::string trouble = trouble_with(as_stranger("true")); !trouble.empty()) {
        return trouble;
    }
    if (trouble_with(as_stranger("test -r " + shell_quoted(driver))).empty()) {
        return "everybody may read the tests: chmod go= " +
               fs::absolute(layout.root).lexically_normal().string();
    }
    const harness::ChildProcess other = harness::spawn(as_stranger("exec sleep 60"));
    return harness::descriptors_of(other.pid()).empty()
               ? "root may not look at other users' processes (CAP_SYS_PTRACE)"
               : "";
}

} // namespace

std::string to_string(Tier tier)
{
    return std::string(1, letters.at(static_cast<std::size_t>(tier)));
}

std::string meaning_of(std::string_view letter)
{
    const auto at = letter.size() == 1 ? letters.find(letter) : std::string_view::npos;
    return std::string(at == std::string_view::npos ? "unknown." : meanings.at(at));
}

Tier Tiers::best() const
{
    const auto* const found = std::ranges::find(why_not, "");
    return static_cast<Tier>(found - why_not.begin());
}

Tiers find_tiers(const Layout& layout)
{
    Tiers tiers;
    if (!fs::exists(layout.jail())) { // no tier does without its warden
        const std::string why = layout.jail().string() + " is not built; run make";
        tiers.why_not = {why, why, why, ""};
        return tiers;
    }
    const std::string no_jails = found_by(trouble_with_jails, layout);
    harness::kill_descendants(); // bubblewrap ends before the first process of its pod has
    tiers.why_not = {!no_jails.empty() ? no_jails : found_by(trouble_with_cgroups, layout),
                     no_jails, found_by(why_no_users, layout), ""};
    return tiers;
}

namespace {

// Of "A" … "D". Throws for any other word.
Tier tier_from(const std::string& word)
{
    const auto at = word.size() == 1 ? letters.find(word) : std::string_view::npos;
    if (at == std::string_view::npos) {
        throw std::invalid_argument("--tier '" + harness::printable(word) +
                                    "' is none of auto, A, B, C, D");
    }
    return static_cast<Tier>(at);
}

} // namespace

Choice choose_tier(const std::string& word, const Layout& layout)
{
    if (word != "auto") {
        const Tier tier = tier_from(word);
        const std::string why = tier == Tier::d ? "" : find_tiers(layout).why_not_of(tier);
        if (!why.empty()) {
            throw std::invalid_argument("--tier " + word + " is not to be had here: " + why +
                                        " (make doctor knows more)");
        }
        return {tier, ""};
    }
    const Tiers tiers = find_tiers(layout);
    Choice choice{tiers.best(), ""};
    for (std::size_t i = 0; i < static_cast<std::size_t>(choice.tier); ++i) {
        choice.why += std::string(i == 0 ? "" : "; ") + letters[i] + ": " + tiers.why_not.at(i);
    }
    return choice;
}

Choice choose_without_jail(const std::string& word, const std::string& why)
{
    if (word != "auto" && tier_from(word) != Tier::d) {
        throw std::invalid_argument("--tier " + word + ": " + why + "; leave --tier out");
    }
    return {Tier::d, word == "auto" ? why : ""};
}

} // namespace grading
