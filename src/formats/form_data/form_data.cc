#include "formats/form_data/form_data.h"

#include <algorithm>

#include "base/bytes.h"

namespace meridian::form_data {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// One "; name=value" off the front of a field's value; nothing at its end, or where it is none.
struct Parameter {
  std::string name, value;
};
std::optional<Parameter> take_parameter(std::string_view& text) {
  const std::size_t semicolon = text.find(';');
  if (semicolon == std::string_view::npos) return std::nullopt;
  text.remove_prefix(semicolon + 1);
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  Parameter parameter{to_lower(trimmed(text.substr(0, equals))), ""};
  text = text.substr(equals + 1);
  while (text.starts_with(' ')) text.remove_prefix(1);
  if (!text.starts_with('"')) {
    const std::size_t end = std::min(text.find(';'), text.size());
    parameter.value = trimmed(text.substr(0, end));
    text.remove_prefix(end);
    return parameter;
  }
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return parameter;
    }
    // Only a quote is escaped: some browsers send backslashes of their own file names.
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '"') ++i;
    parameter.value += text[i];
  }
  return std::nullopt;
}

// Nothing: it is no part of a form.
std::optional<Part> parse_head(std::string_view head) {
  Part part;
  bool named = false;
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string field = to_lower(trimmed(line.substr(0, colon)));
    std::string_view value = trimmed(line.substr(colon + 1));
    if (field == "content-type") part.content_type = value;
    if (field != "content-disposition") continue;
    if (to_lower(trimmed(value.substr(0, value.find(';')))) != "form-data") return std::nullopt;
    while (auto parameter = take_parameter(value)) {
      if (parameter->name == "name") {
        part.name = std::move(parameter->value);
        named = true;
      } else if (parameter->name == "filename") {
        part.file_name = std::move(parameter->value);
      }
    }
  }
  return named ? std::optional(std::move(part)) : std::nullopt;
}

}  // namespace

std::optional<std::string> boundary_of(std::string_view content_type) {
  if (to_lower(trimmed(content_type.substr(0, content_type.find(';')))) != "multipart/form-data")
    return std::nullopt;
  while (auto parameter = take_parameter(content_type))
    if (parameter->name == "boundary" && !parameter->value.empty() &&
        parameter->value.size() <= kBoundarySizeMax)
      return std::move(parameter->value);
  return std::nullopt;
}

// The body begins with a boundary as if a line had ended before it.
Reader::Reader(std::string_view boundary) : delimiter_("\r\n--" + std::string(boundary)), buffer_("\r\n") {}

void Reader::feed(std::string_view bytes) {
  buffer_.erase(0, at_);
  at_ = 0;
  buffer_ += bytes;
}

Result<Event> Reader::next() {
  switch (state_) {
    case State::First:
      if (rest().size() < delimiter_.size()) return Event{};
      if (!rest().starts_with(delimiter_)) return invalid("the form does not begin with its boundary");
      at_ += delimiter_.size();
      state_ = State::Boundary;
      return next();
    case State::Data:
      return data();
    case State::Boundary: {
      const std::size_t end = rest().find_first_not_of(" \t");
      const std::string_view after = end == std::string_view::npos ? "" : rest().substr(end);
      if (std::min(end, rest().size()) > kHeadBytesMax) return invalid("a boundary's line is too long");
      if (after.size() < 2) return Event{};
      at_ += end;
      if (!after.starts_with("\r\n") && !after.starts_with("--")) return invalid("a boundary goes on");
      state_ = after.starts_with("--") ? State::End : State::Head;
      // The head's own end may be this very line's.
      if (state_ == State::End) at_ += 2;
      return next();
    }
    case State::Head:
      return head();
    case State::End:
      at_ = buffer_.size();
      return Event{Event::Kind::End};
  }
  return Event{};
}

Result<Event> Reader::head() {
  const std::string_view all = rest();  // begins with the end of the boundary's line
  const std::size_t end = all.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (all.size() > kHeadBytesMax) return invalid("a part's head is too long");
    return Event{};
  }
  if (end > kHeadBytesMax) return invalid("a part's head is too long");
  auto part = parse_head(end < 2 ? "" : all.substr(2, end - 2));
  if (!part) return invalid("a part has no name");
  at_ += end + 4;
  state_ = State::Data;
  return Event{Event::Kind::Part, *std::move(part), {}};
}

Result<Event> Reader::data() {
  const std::string_view all = rest();
  const std::size_t found = all.find(delimiter_);
  if (found == 0) {
    at_ += delimiter_.size();
    state_ = State::Boundary;
    return Event{Event::Kind::PartEnd};
  }
  // The last bytes may be the beginning of a boundary.
  const std::size_t size =
      found != std::string_view::npos ? found : all.size() - std::min(all.size(), delimiter_.size() - 1);
  if (size == 0) return Event{};
  at_ += size;
  return Event{Event::Kind::Data, {}, all.substr(0, size)};
}

}  // namespace meridian::form_data
