// Writing XML. Rule: whatever text goes in, the output is well-formed.
#include "formats/xml/characters.h"
#include "formats/xml/xml.h"

namespace meridian::xml {

namespace {

void append_escaped(std::string& out, std::string_view text, bool attribute) {
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t run = plain_run(text, at)) {
      out += text.substr(at, run);
      at += run;
      continue;
    }
    std::size_t size = character_size(text, at);
    char c = text[at];
    if (size == 0) {
      out += "\xef\xbf\xbd";
      size = 1;
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '\r' || (attribute && (c == '\n' || c == '\t'))) {
      // A reader normalises these unless they are references (XML 1.0, 2.11 and 3.3.3).
      out += c == '\r' ? "&#xD;" : c == '\n' ? "&#xA;" : "&#x9;";
    } else if (attribute && c == '"') {
      out += "&quot;";
    } else {
      out += text.substr(at, size);
    }
    at += size;
  }
}

}  // namespace

void Writer::end_start_tag() {
  if (in_start_tag_) out_->push_back('>');
  in_start_tag_ = false;
}

void Writer::open(std::string_view name) {
  end_start_tag();
  out_->append("<").append(name);
  open_.emplace_back(name);
  in_start_tag_ = true;
}

void Writer::attribute(std::string_view name, std::string_view value) {
  out_->append(" ").append(name).append("=\"");
  append_escaped(*out_, value, true);
  out_->push_back('"');
}

void Writer::text(std::string_view text) {
  if (text.empty()) return;
  end_start_tag();
  append_escaped(*out_, text, false);
}

void Writer::close() {
  if (in_start_tag_) {
    out_->append("/>");
    in_start_tag_ = false;
  } else {
    out_->append("</").append(open_.back()).append(">");
  }
  open_.pop_back();
}

void Writer::element(std::string_view name, std::string_view content) {
  open(name);
  text(content);
  close();
}

}  // namespace meridian::xml
