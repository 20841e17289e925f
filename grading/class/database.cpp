#include "grading/class/database.h"

#include <stdexcept>

#include <sqlite3.h>

namespace grading {

namespace {

void check(int code, sqlite3* handle)
{
    if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE) {
        throw std::runtime_error(std::string("the index of the class (index.sqlite): ") +
                                 ::sqlite3_errmsg(handle) +
                                 "; remove index.sqlite in OUT and run again");
    }
}

} // namespace

Query::~Query()
{
    ::sqlite3_reset(statement_);
}

Query& Query::bind(std::string_view text)
{
    check(::sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()),
                              SQLITE_TRANSIENT),
          ::sqlite3_db_handle(statement_));
    return *this;
}

Query& Query::bind(std::int64_t number)
{
    check(::sqlite3_bind_int64(statement_, ++bound_, number), ::sqlite3_db_handle(statement_));
    return *this;
}

bool Query::step()
{
    const int code = ::sqlite3_step(statement_);
    check(code, ::sqlite3_db_handle(statement_));
    return code == SQLITE_ROW;
}

std::string Query::text(int column) const
{
    const auto* const bytes = static_cast<const char*>(::sqlite3_column_blob(statement_, column));
    const auto size = static_cast<std::size_t>(::sqlite3_column_bytes(statement_, column));
    return bytes == nullptr ? "" : std::string(bytes, size);
}

std::int64_t Query::number(int column) const
{
    return ::sqlite3_column_int64(statement_, column);
}

Database::Database(const std::filesystem::path& file, const std::string& schema)
{
    try {
        check(::sqlite3_open(file.c_str(), &handle_), handle_);
        // The page cache is bounded. A power cut may cost the index, which is made anew.
        execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF;"
                "PRAGMA cache_size = -2000; PRAGMA temp_store = FILE;" +
                schema);
    } catch (...) {
        ::sqlite3_close_v2(handle_);
        throw;
    }
}

Database::~Database()
{
    for (const auto& [sql, statement] : prepared_) {
        ::sqlite3_finalize(statement);
    }
    ::sqlite3_close_v2(handle_);
}

Query Database::query(const std::string& sql)
{
    sqlite3_stmt*& statement = prepared_[sql];
    if (statement == nullptr) {
        check(::sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr), handle_);
    }
    ::sqlite3_reset(statement);
    ::sqlite3_clear_bindings(statement);
    return Query(statement);
}

void Database::execute(const std::string& sql)
{
    check(::sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr), handle_);
}

} // namespace grading
