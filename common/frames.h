// Messages on a stream that has none: a length of four bytes, the highest first, then so many bytes
// of UTF-8.
//
//     bytes as they arrive, cut anywhere ── feed() ──► [ FrameReader ] ── next() ──► texts, in
//     order
#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace lab {

constexpr std::size_t longest_frame = 65'536; // bytes of text

// What somebody says breaks the rules; what() says which one.
struct Refusal : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class FrameReader {
public:
    // A server's frames may be longer than a client's: they say who has spoken, too.
    explicit FrameReader(std::size_t longest = longest_frame) : longest_(longest) {}

    // Takes the next bytes of the stream.
    void feed(std::string_view bytes);

    // The text of the next frame, or nothing until more is fed; valid until the next feed(). Throws
    // Refusal when a frame is too long, as soon as its length is known, or is not UTF-8: then this
    // stream makes no sense any more.
    std::optional<std::string_view> next();

private:
    std::size_t longest_;
    std::string received_;
    std::size_t begin_ = 0; // of what next() has not given yet
};

// The frame of this text, which may be longer than a FrameReader takes.
std::string frame_of(std::string_view text);

} // namespace lab
