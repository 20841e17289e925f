#include "grading/class/index.h"

#include <ctime>
#include <stdexcept>

namespace grading {

namespace fs = std::filesystem;

namespace {

// The last line finds out a table of before there were numbers: such an index is made anew.
const std::string schema = R"(
CREATE TABLE IF NOT EXISTS people(id TEXT PRIMARY KEY, name, email, folder) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attempts(student, lab, time, origin, hash, outcome, sentence,
    number, PRIMARY KEY(student, lab, time, origin)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS known(kind, file, stamp, value, PRIMARY KEY(kind, file)) WITHOUT ROWID;
SELECT number FROM attempts LIMIT 0;
)";

// Whatever is left of one that was being written is thrown away, too.
void remove_all_of(const fs::path& file)
{
    for (const char* const suffix : {"", "-journal", "-wal", "-shm"}) {
        fs::remove(file.string() + suffix);
    }
}

Database open(const fs::path& file)
{
    try {
        return Database(file, schema);
    } catch (const std::runtime_error&) {
        remove_all_of(file);
    }
    return Database(file, schema);
}

std::int64_t nanoseconds(const timespec& time)
{
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// The status-change time is among them: unlike the others, nobody can set it.
std::string stamp_of(const struct stat& status)
{
    return std::to_string(status.st_dev) + " " + std::to_string(status.st_ino) + " " +
           std::to_string(status.st_size) + " " + std::to_string(nanoseconds(status.st_mtim)) +
           " " + std::to_string(nanoseconds(status.st_ctim));
}

// A file that has just changed may change again before its time of change does.
bool is_settled(const struct stat& status)
{
    constexpr std::time_t granularity = 2;
    return status.st_ctim.tv_sec + granularity < std::time(nullptr);
}

} // namespace

Index::Index(const fs::path& file) : database_(open(file)) {}

void Index::forget_class()
{
    database_.execute("DELETE FROM people; DELETE FROM attempts;");
}

bool Index::add(const Person& person)
{
    Query known = database_.query("SELECT folder FROM people WHERE id = ?");
    const bool other = known.bind(person.id).step() && known.text(0) != person.folder;
    // Of several, the same one stays in whatever order they are found.
    database_
        .query("INSERT INTO people VALUES(?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET "
               "name = excluded.name, email = excluded.email, folder = excluded.folder "
               "WHERE excluded.folder < folder")
        .bind(person.id)
        .bind(person.name)
        .bind(person.email)
        .bind(person.folder)
        .run();
    return !other;
}

void Index::add(const Attempt& attempt)
{
    database_.query("INSERT OR REPLACE INTO attempts VALUES(?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(attempt.student)
        .bind(attempt.lab)
        .bind(attempt.time)
        .bind(attempt.origin)
        .bind(attempt.hash)
        .bind(attempt.outcome)
        .bind(attempt.sentence)
        .bind(attempt.number)
        .run();
}

void Index::for_each_person(const std::function<void(const Person&)>& act)
{
    Query people = database_.query("SELECT id, name, email, folder FROM people ORDER BY id");
    while (people.step()) {
        act({people.text(0), people.text(1), people.text(2), people.text(3)});
    }
}

std::vector<std::string> Index::ids_of(const std::string& id_or_email)
{
    Query people = database_.query("SELECT id FROM people WHERE id = ?1 OR (email != '' AND "
                                   "lower(email) = lower(?1)) ORDER BY id != ?1, id");
    std::vector<std::string> ids;
    people.bind(id_or_email);
    while (people.step()) {
        ids.push_back(people.text(0));
        if (ids[0] == id_or_email) {
            break; // whatever others have for an address
        }
    }
    return ids;
}

std::vector<std::string> Index::labs_handed_in()
{
    Query rows = database_.query("SELECT DISTINCT lab FROM attempts WHERE hash != '' OR "
                                 "outcome = 'infrastructure_error' ORDER BY lab");
    std::vector<std::string> labs;
    while (rows.step()) {
        labs.push_back(rows.text(0));
    }
    return labs;
}

std::vector<Attempt> Index::attempts_of(const std::string& student)
{
    std::vector<Attempt> attempts;
    Query rows =
        database_.query("SELECT lab, time, origin, hash, outcome, sentence, number FROM attempts "
                        "WHERE student = ? ORDER BY lab, time, number, length(origin), origin");
    rows.bind(student);
    while (rows.step()) {
        attempts.push_back({student, rows.text(0), rows.number(1), rows.text(2), rows.text(3),
                            rows.text(4), rows.text(5), rows.number(6)});
    }
    return attempts;
}

void Index::for_each_unit(bool last_only, const std::function<void(const UnitOfWork&)>& act)
{
    Query units = database_.query(
        last_only ? "SELECT DISTINCT lab, hash FROM attempts AS a WHERE hash != '' AND NOT EXISTS "
                    "(SELECT 1 FROM attempts AS b WHERE b.student = a.student AND b.lab = a.lab "
                    "AND b.hash != '' AND (b.time, b.number, length(b.origin), b.origin) > "
                    "(a.time, a.number, length(a.origin), a.origin)) "
                    "ORDER BY lab, hash"
                  : "SELECT DISTINCT lab, hash FROM attempts WHERE hash != '' ORDER BY lab, hash");
    while (units.step()) {
        act({units.text(0), units.text(1)});
    }
}

std::optional<std::string> Index::known(const std::string& kind, const fs::path& file,
                                        const struct stat& status)
{
    Query rows = database_.query("SELECT value, stamp FROM known WHERE kind = ? AND file = ?");
    const bool found = rows.bind(kind).bind(file.string()).step();
    return found && rows.text(1) == stamp_of(status) ? std::optional(rows.text(0)) : std::nullopt;
}

void Index::remember(const std::string& kind, const fs::path& file, const struct stat& status,
                     const std::string& value)
{
    database_.query("INSERT OR REPLACE INTO known VALUES(?, ?, ?, ?)")
        .bind(kind)
        .bind(file.string())
        .bind(stamp_of(status))
        .bind(value)
        .run();
}

std::optional<std::string> Index::known_hash(const fs::path& file, const struct stat& status)
{
    return known("hash", file, status);
}

void Index::remember(const fs::path& file, const struct stat& status, const std::string& hash)
{
    if (is_settled(status)) {
        remember("hash", file, status, hash);
    }
}

std::optional<Summary> Index::known_summary(const fs::path& record, const struct stat& status)
{
    const auto text = known("summary", record, status);
    return text ? std::optional(summary_from_json(*text)) : std::nullopt;
}

void Index::remember(const fs::path& record, const struct stat& status, const Summary& summary)
{
    remember("summary", record, status, to_json(summary));
}

} // namespace grading
