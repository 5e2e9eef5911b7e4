// Reading XML: our own pass over the bytes for what pugixml lets through (illegal characters, unknown
// entities, DTDs, size), then pugixml, then a walk for the depth.
#include <pugixml.hpp>

#include "formats/xml/characters.h"
#include "formats/xml/xml.h"

namespace meridian::xml {

namespace {

Result<std::size_t> check_reference(std::string_view text, std::size_t at) {
  static constexpr std::size_t kReferenceBytesMax = 12;  // "&#x10FFFF;" with room for leading zeros
  std::size_t end = text.substr(at, kReferenceBytesMax).find(';');
  if (end == std::string_view::npos) return invalid("'&' does not begin a reference");
  std::string_view name = text.substr(at + 1, end - 1);
  if (name == "amp" || name == "lt" || name == "gt" || name == "quot" || name == "apos") return at + end + 1;
  if (name.size() < 2 || name[0] != '#') return invalid("unknown entity");
  bool hex = name[1] == 'x';
  name.remove_prefix(hex ? 2 : 1);
  std::uint32_t code = 0;
  auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), code, hex ? 16 : 10);
  if (name.empty() || error != std::errc() || stop != name.data() + name.size() || !legal(code))
    return invalid("character reference to an illegal character");
  return at + end + 1;
}

Result<std::size_t> skip_past(std::string_view text, std::size_t from, std::string_view what) {
  std::size_t end = text.find(what, from);
  if (end == std::string_view::npos) return invalid("unfinished markup");
  return end + what.size();
}

// A character, or a reference to one; gives where the next begins.
Result<std::size_t> check_character(std::string_view text, std::size_t at) {
  if (text[at] == '&') return check_reference(text, at);
  std::size_t size = character_size(text, at);
  if (size == 0) return invalid("illegal character");
  return at + size;
}

Result<std::size_t> check_attribute_value(std::string_view text, std::size_t at) {
  std::size_t end = text.find(text[at], at + 1);
  if (end == std::string_view::npos) return invalid("unfinished attribute");
  std::string_view value = text.substr(at + 1, end - at - 1);
  if (value.find('<') != std::string_view::npos) return invalid("'<' in an attribute");
  for (std::size_t i = 0; i < value.size();) i = TRY(check_character(value, i));
  return end + 1;
}

// What begins with '<' and is no element; gives where it ends, or `at` for an element.
Result<std::size_t> check_other_markup(std::string_view text, std::size_t at) {
  std::string_view rest = text.substr(at);
  if (rest.starts_with("<![CDATA[")) {
    std::size_t end = TRY(skip_past(text, at, "]]>"));
    if (!legal_text(text.substr(at, end - at))) return invalid("illegal character");
    return end;
  }
  if (rest.starts_with("<!--")) return skip_past(text, at + 4, "-->");
  if (rest.starts_with("<!")) return invalid("a document type declaration is not accepted");
  if (rest.starts_with("<?")) return skip_past(text, at, "?>");
  return at;
}

// Everything pugixml would accept although XML 1.0 does not, as far as it changes what a document says.
Result<void> check_text(std::string_view text, const Limits& limits) {
  if (text.size() > limits.bytes)
    return fail(ErrorCode::Limit, "the document is too long", ErrorSource::Caller);
  std::size_t elements = 0, at = 0;
  bool in_tag = false;
  for (at = plain_run(text, at); at < text.size(); at += plain_run(text, at)) {
    char c = text[at];
    if (in_tag && c == '<') return invalid("'<' inside a tag");
    if (in_tag && (c == '"' || c == '\'')) {
      at = TRY(check_attribute_value(text, at));
    } else if (c == '<') {
      std::size_t end = TRY(check_other_markup(text, at));
      in_tag = end == at;
      if (in_tag && !text.substr(at).starts_with("</")) ++elements;
      if (elements > limits.elements)
        return fail(ErrorCode::Limit, "the document has too many elements", ErrorSource::Caller);
      at = in_tag ? at + 1 : end;
    } else {
      if (c == '>') in_tag = false;
      at = TRY(check_character(text, at));
    }
  }
  return {};
}

Result<void> check_depth(const pugi::xml_node& root, std::size_t depth_max) {
  std::size_t depth = 1;
  for (pugi::xml_node node = root;;) {
    if (depth > depth_max) return fail(ErrorCode::Limit, "elements nest too deep", ErrorSource::Caller);
    if (node.first_child()) {
      node = node.first_child();
      ++depth;
      continue;
    }
    while (node != root && !node.next_sibling()) {
      node = node.parent();
      --depth;
    }
    if (node == root) return {};
    node = node.next_sibling();
  }
}

bool is_element(const pugi::xml_node& node) {
  return node.type() == pugi::node_element;
}

std::string_view local(std::string_view name) {
  std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node node_of(void* handle) {
  return pugi::xml_node(static_cast<pugi::xml_node_struct*>(handle));
}

Element element_from(pugi::xml_node node) {
  while (node && !is_element(node)) node = node.next_sibling();
  return Element(node.internal_object());
}

}  // namespace

struct Document::Tree {
  pugi::xml_document document;
};

Document::Document(std::unique_ptr<Tree> tree) : tree_(std::move(tree)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Result<Document> Document::parse(std::string_view text, const Limits& limits) {
  TRY(check_text(text, limits));
  auto tree = std::make_unique<Tree>();
  auto outcome = tree->document.load_buffer(text.data(), text.size(),
                                            pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol |
                                                pugi::parse_wconv_attribute | pugi::parse_ws_pcdata,
                                            pugi::encoding_utf8);
  if (!outcome) return invalid(outcome.description());
  std::size_t roots = 0;
  for (pugi::xml_node node : tree->document.children()) roots += is_element(node);
  if (roots != 1) return invalid("a document has exactly one root element");
  TRY(check_depth(tree->document.document_element(), limits.depth));
  return Document(std::move(tree));
}

Element Document::root() const {
  return Element(tree_->document.document_element().internal_object());
}

std::string_view Element::name() const {
  return local(node_of(node_).name());
}

std::string Element::text() const {
  std::string text;
  for (pugi::xml_node node : node_of(node_).children())
    if (node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata) text += node.value();
  return text;
}

std::optional<std::string_view> Element::attribute(std::string_view local_name) const {
  for (pugi::xml_attribute attribute : node_of(node_).attributes()) {
    std::string_view name = attribute.name();
    if (name != "xmlns" && !name.starts_with("xmlns:") && local(name) == local_name) return attribute.value();
  }
  return std::nullopt;
}

std::string_view Element::default_namespace() const {
  return node_of(node_).attribute("xmlns").value();
}

Element Element::first_child() const {
  return element_from(node_of(node_).first_child());
}

Element Element::next_sibling() const {
  return element_from(node_of(node_).next_sibling());
}

Element Element::child(std::string_view local_name) const {
  for (Element element = first_child(); element; element = element.next_sibling())
    if (element.name() == local_name) return element;
  return {};
}

}  // namespace meridian::xml
