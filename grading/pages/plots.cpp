#include "grading/pages/plots.h"

#include "grading/decimal.h"
#include "grading/pages/html.h"

#include <algorithm>

namespace grading::html {

namespace {

// In units of the picture, of which a telephone shows one a pixel.
constexpr double width = 340;
constexpr double height = 170;
constexpr double top = 22;
constexpr double bottom = 24;
constexpr double side = 6;
constexpr double gap = 3;

std::string attribute(const std::string& name, double value)
{
    return " " + name + "=\"" + decimal(value) + "\"";
}

std::string rectangle(double x, double y, double wide, double high, std::string_view style)
{
    return "<rect" + attribute("x", x) + attribute("y", y) + attribute("width", wide) +
           attribute("height", high) + " class=\"fill-" + std::string(style) + "\"";
}

std::string label_at(double x, double y, const std::string& words)
{
    return "<text" + attribute("x", x) + attribute("y", y) + " text-anchor=\"middle\">" +
           text(words) + "</text>\n";
}

std::string line_from(double x1, double y1, double x2, double y2, const std::string& style)
{
    return "<line" + attribute("x1", x1) + attribute("y1", y1) + attribute("x2", x2) +
           attribute("y2", y2) + " class=\"" + style + "\"/>\n";
}

std::string picture(const Column& column, double x, double wide, std::size_t most)
{
    const double room = height - top - bottom;
    const double high = room * static_cast<double>(column.count) / static_cast<double>(most);
    const double y = height - bottom - high;
    std::string shape = rectangle(x, y, wide, high, "good") + " rx=\"2\"><title>" +
                        text(column.hint) + "</title></rect>\n";
    if (column.count > 0) {
        shape += label_at(x + wide / 2, y - 4, std::to_string(column.count));
    }
    return column.link.empty() || column.count == 0
               ? shape
               : "<a href=\"" + text(column.link) + "\">" + shape + "</a>";
}

} // namespace

std::string bar(const std::vector<Share>& shares, double whole, const std::string& label)
{
    std::string svg = "<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" "
                      "role=\"img\" aria-label=\"" +
                      text(label) + "\">";
    double x = 0;
    for (const Share& share : shares) {
        const double wide = whole > 0 ? 100 * share.size / whole : 0;
        if (wide > 0) {
            svg += rectangle(x, 0, wide, 8, share.style) + "/>";
        }
        x += wide;
    }
    return svg + "</svg>\n";
}

std::string histogram(const std::vector<Column>& columns, const std::string& label, double mean_at)
{
    std::size_t most = 1;
    for (const Column& column : columns) {
        most = std::max(most, column.count);
    }
    const double step =
        (width - 2 * side) / static_cast<double>(std::max<std::size_t>(1, columns.size()));
    std::string svg = "<svg class=\"plot\" viewBox=\"0 0 " + decimal(width) + " " +
                      decimal(height) + "\" role=\"group\" aria-label=\"" + text(label) + "\">\n";
    svg += line_from(side, height - bottom, width - side, height - bottom, "axis");
    double x = side;
    for (const Column& column : columns) {
        svg += picture(column, x + gap / 2, step - gap, most);
        if (!column.label.empty()) {
            svg += label_at(x + step / 2, height - bottom + 15, column.label);
        }
        x += step;
    }
    if (mean_at >= 0) {
        const double at = side + (width - 2 * side) * std::min(1.0, mean_at);
        svg += line_from(at, 4, at, height - bottom, "mean");
    }
    return svg + "</svg>\n";
}

} // namespace grading::html
