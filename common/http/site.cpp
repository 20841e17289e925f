#include "common/http/site.h"

#include "common/http/date.h"
#include "common/http/range.h"
#include "common/http/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <initializer_list>
#include <string>
#include <utility>

#include <sys/stat.h>

namespace lab::http {

namespace {

constexpr std::string_view greeting = "Hello from Epoll Server!";
constexpr std::string_view plain_text = "text/plain; charset=utf-8";
constexpr std::string_view html = "text/html; charset=utf-8";
constexpr std::array<std::string_view, 9> known_methods{
    "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH"};

// One reply in the making.
class Reply {
public:
    // `minor_version` of the request: HTTP/1.0 must be told that the connection stays.
    Reply(std::string& text, bool keep_alive, int minor_version, bool with_body)
        : text_(text), keep_alive_(keep_alive), minor_version_(minor_version), with_body_(with_body)
    {
    }

    Reply& begin(Status status)
    {
        outcome_.status = status;
        append({"HTTP/1.1 ", text_of(status), "\r\nDate: ", date_now(), "\r\n"});
        return *this;
    }

    Reply& field(std::string_view name, std::string_view value)
    {
        append({name, ": ", value, "\r\n"});
        return *this;
    }

    Reply& type(std::string_view type) { return field("Content-Type", type); }

    // The end of the head; then the body.
    Outcome body(std::string_view body)
    {
        end_head(body.size());
        if (with_body_) {
            text_ += body;
            outcome_.body_length = body.size();
        }
        return outcome_;
    }

    // The same with a part of a file for a body.
    Outcome body(UniqueFd file, Range range, FilePart& part)
    {
        end_head(range.length);
        if (with_body_ && range.length > 0) {
            part = {std::move(file), static_cast<off_t>(range.first), range.length};
            outcome_.body_length = range.length;
        }
        return outcome_;
    }

    // For a status that has no body, and so no length.
    Outcome no_body()
    {
        end_connection_field();
        append({"\r\n"});
        return outcome_;
    }

    // A page of one line that says what is wrong.
    Outcome complain(Status status)
    {
        begin(status).type(plain_text);
        return body(std::string(text_of(status)) + "\n");
    }

    [[nodiscard]] bool with_body() const { return with_body_; }

private:
    void append(std::initializer_list<std::string_view> parts)
    {
        for (const std::string_view part : parts) {
            text_ += part;
        }
    }

    void end_head(std::uint64_t length)
    {
        end_connection_field();
        append({"Content-Length: ", std::to_string(length), "\r\n\r\n"});
    }

    void end_connection_field()
    {
        if (!keep_alive_) {
            field("Connection", "close");
        } else if (minor_version_ == 0) {
            field("Connection", "keep-alive");
        }
    }

    std::string& text_;
    bool keep_alive_;
    int minor_version_;
    bool with_body_;
    Outcome outcome_;
};

// The part of a target that names a file: without scheme, host and query. Nothing if there is none.
std::optional<std::string_view> path_in(std::string_view target)
{
    constexpr std::string_view scheme = "http://";
    if (same(target.substr(0, scheme.size()), scheme)) {
        target.remove_prefix(scheme.size());
        const std::size_t end = target.find_first_of("/?");
        target = end == std::string_view::npos ? "" : target.substr(end);
        target = target.starts_with('/') ? target : "/";
    }
    if (!target.starts_with('/')) {
        return {};
    }
    return target.substr(0, target.find('?'));
}

std::string_view query_in(std::string_view target)
{
    const std::size_t mark = target.find('?');
    return mark == std::string_view::npos ? "" : target.substr(mark);
}

// "/a//b/" → "a//b/", "/" → "": how it is called below the root.
std::string without_slashes_in_front(const std::string& path)
{
    return path.substr(std::min(path.find_first_not_of('/'), path.size()));
}

struct OpenFile {
    UniqueFd file;
    struct stat about {};

    [[nodiscard]] bool is_folder() const { return file && S_ISDIR(about.st_mode); }
    [[nodiscard]] bool is_file() const { return file && S_ISREG(about.st_mode); }
};

OpenFile open_below(const Root& root, const std::string& path)
{
    OpenFile opened{root.open(path), {}};
    if (opened.file && ::fstat(opened.file.get(), &opened.about) == -1) {
        opened.file.reset();
    }
    return opened;
}

Status why_not_opened()
{
    const bool short_of_something = errno == EMFILE || errno == ENFILE || errno == ENOMEM;
    return short_of_something ? Status::service_unavailable : Status::not_found;
}

bool is_unchanged(const Request& request, std::time_t modified)
{
    const auto since = parse_date(request.if_modified_since);
    return since && modified <= *since;
}

// The answers of a site with files. One lives as long as it takes to answer one request.
class FileAnswer {
public:
    FileAnswer(const Root& root, const Request& request, Reply& reply, FilePart& part)
        : root_(root), request_(request), reply_(reply), part_(part)
    {
    }

    Outcome answer(const std::string& path)
    {
        const std::string below = without_slashes_in_front(path);
        OpenFile opened = open_below(root_, below.empty() ? "." : below);
        if (opened.is_file()) {
            return send(std::move(opened), below);
        }
        if (opened.is_folder()) {
            return path.ends_with('/') ? show(opened, below) : move_to("/" + below + "/");
        }
        return reply_.complain(opened.file ? Status::not_found : why_not_opened());
    }

private:
    Outcome move_to(const std::string& path)
    {
        const std::string place = percent_encoded(path) + std::string(query_in(request_.target));
        reply_.begin(Status::moved_permanently).field("Location", place).type(plain_text);
        return reply_.body("301 Moved Permanently\n");
    }

    Outcome show(const OpenFile& folder, const std::string& below)
    {
        OpenFile index = open_below(root_, below + "index.html");
        if (index.is_file()) {
            return send(std::move(index), "index.html");
        }
        // Short of descriptors nobody can tell whether there is an index.
        const bool unknown = !index.file && why_not_opened() != Status::not_found;
        const auto page =
            unknown ? std::nullopt : listing_page(folder.file.get(), "Index of /" + below);
        return page ? reply_.begin(Status::ok).type(html).body(*page)
                    : reply_.complain(Status::service_unavailable);
    }

    Outcome send(OpenFile opened, std::string_view name)
    {
        const auto size = static_cast<std::uint64_t>(opened.about.st_size);
        const std::string modified = to_date(opened.about.st_mtime);
        if (is_unchanged(request_, opened.about.st_mtime)) {
            reply_.begin(Status::not_modified).field("Last-Modified", modified);
            return reply_.no_body();
        }
        const RangeAsked asked = range_asked(size, modified);
        if (asked.kind == RangeKind::wrong) {
            reply_.begin(Status::range_not_satisfiable)
                .field("Content-Range", "bytes */" + std::to_string(size));
            return reply_.type(plain_text).body("416 Range Not Satisfiable\n");
        }
        begin_file(asked, size);
        reply_.type(type_of(name)).field("Last-Modified", modified).field("Accept-Ranges", "bytes");
        const Range whole{0, size};
        const Range range = asked.kind == RangeKind::part ? asked.part : whole;
        return reply_.body(std::move(opened.file), range, part_);
    }

    void begin_file(const RangeAsked& asked, std::uint64_t size)
    {
        if (asked.kind != RangeKind::part) {
            reply_.begin(Status::ok);
            return;
        }
        const std::uint64_t last = asked.part.first + asked.part.length - 1;
        reply_.begin(Status::partial_content)
            .field("Content-Range", "bytes " + std::to_string(asked.part.first) + "-" +
                                        std::to_string(last) + "/" + std::to_string(size));
    }

    // Range means something with GET alone, and not when the file is another one by now.
    [[nodiscard]] RangeAsked range_asked(std::uint64_t size, std::string_view modified) const
    {
        const bool changed = !request_.if_range.empty() && request_.if_range != modified;
        return reply_.with_body() && !changed ? parse_range(request_.range, size) : RangeAsked{};
    }

    const Root& root_;
    const Request& request_;
    Reply& reply_;
    FilePart& part_;
};

Outcome greet(std::string_view path, Reply& reply)
{
    if (path != "/") {
        return reply.complain(Status::not_found);
    }
    return reply.begin(Status::ok).type(plain_text).body(greeting);
}

Outcome refuse_method(std::string_view method, Reply& reply)
{
    if (std::ranges::find(known_methods, method) == known_methods.end()) {
        return reply.complain(Status::not_implemented);
    }
    reply.begin(Status::method_not_allowed).field("Allow", "GET, HEAD").type(plain_text);
    return reply.body("405 Method Not Allowed\n");
}

} // namespace

Site::Site(const std::string& folder)
{
    if (!folder.empty()) {
        root_.emplace(folder);
    }
}

Outcome Site::answer(const Request& request, bool keep_alive, std::string& text,
                     FilePart& part) const
{
    const bool is_head = request.method == "HEAD";
    Reply reply(text, keep_alive, request.minor_version, !is_head);
    if (!is_head && request.method != "GET") {
        return refuse_method(request.method, reply);
    }
    const auto path = path_in(request.target);
    if (path == "/" && !root_) {
        return greet(*path, reply); // no copy: the quickest way
    }
    const auto decoded = path ? percent_decoded(*path) : std::nullopt;
    if (!decoded || decoded->find('\0') != std::string::npos) {
        return reply.complain(Status::bad_request);
    }
    return root_ ? FileAnswer(*root_, request, reply, part).answer(*decoded)
                 : greet(*decoded, reply);
}

std::string access_line(std::string_view client, std::string_view request, Outcome outcome)
{
    constexpr std::size_t longest_shown = 200;
    request.remove_prefix(std::min(request.find_first_not_of("\r\n"), request.size()));
    const std::string_view line = request.substr(0, request.find_first_of("\r\n"));
    return std::string(client) + " \"" + printable(line.substr(0, longest_shown)) + "\" " +
           std::to_string(static_cast<int>(outcome.status)) + " " +
           std::to_string(outcome.body_length);
}

Outcome refuse(Status status, std::string& text)
{
    return Reply(text, false, 1, true).complain(status);
}

} // namespace lab::http
