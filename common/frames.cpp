#include "common/frames.h"

#include "common/utf8.h"

namespace lab {

namespace {

constexpr std::size_t header = 4;

std::size_t length_in(std::string_view bytes)
{
    std::size_t length = 0;
    for (const char byte : bytes.substr(0, header)) {
        length = length << 8U | static_cast<unsigned char>(byte);
    }
    return length;
}

} // namespace

void FrameReader::feed(std::string_view bytes)
{
    received_.erase(0, begin_); // at most a part of one frame stays
    begin_ = 0;
    received_ += bytes;
}

std::optional<std::string_view> FrameReader::next()
{
    const std::string_view rest = std::string_view(received_).substr(begin_);
    if (rest.size() < header) {
        return std::nullopt;
    }
    const std::size_t length = length_in(rest);
    if (length > longest_) {
        throw Refusal("frame too long: at most " + std::to_string(longest_) + " bytes");
    }
    if (rest.size() - header < length) {
        return std::nullopt;
    }
    const std::string_view text = rest.substr(header, length);
    if (!is_utf8(text)) {
        throw Refusal("not UTF-8");
    }
    begin_ += header + length;
    return text;
}

std::string frame_of(std::string_view text)
{
    std::string frame;
    frame.reserve(header + text.size());
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        frame += static_cast<char>(text.size() >> shift & 0xffU);
    }
    return frame.append(text);
}

} // namespace lab
