// XML 1.0 as a small tree of elements, and a writer that appends to a string.
// Rule: text from outside is refused, never repaired: strict UTF-8, legal characters and entities only, no
// DTD (so no entity of the sender's), bounded depth and size. Prefixes are dropped: names compare by their
// local part.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace meridian::xml {

struct Limits {
  static constexpr std::size_t kDepthMax = 64;
  static constexpr std::size_t kElementsMax = 500'000;
  static constexpr std::size_t kBytesMax = 32 * 1024 * 1024;
  std::size_t depth = kDepthMax;
  std::size_t elements = kElementsMax;
  std::size_t bytes = kBytesMax;
};

// An element of a Document, valid as long as that.
class Element {
 public:
  Element() = default;
  explicit Element(void* node) : node_(node) {}

  explicit operator bool() const { return node_ != nullptr; }
  std::string_view name() const;  // without its prefix
  std::string text() const;       // character data directly inside, joined
  std::optional<std::string_view> attribute(std::string_view local_name) const;
  std::string_view default_namespace() const;  // its own xmlns attribute, or ""
  Element first_child() const;                 // elements only
  Element next_sibling() const;
  Element child(std::string_view local_name) const;

 private:
  void* node_ = nullptr;
};

class Document {
 public:
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();
  Element root() const;

  static Result<Document> parse(std::string_view text, const Limits& limits = {});

 private:
  struct Tree;
  explicit Document(std::unique_ptr<Tree> tree);
  std::unique_ptr<Tree> tree_;
};

// Appends XML without white space between elements. The caller keeps open and close in balance and gives an
// element's attributes before its content.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(&out) {}

  void declaration() { out_->append("<?xml version=\"1.0\"?>\n"); }
  void open(std::string_view name);
  void attribute(std::string_view name, std::string_view value);
  void text(std::string_view text);  // characters that XML 1.0 cannot carry become U+FFFD
  void close();
  void element(std::string_view name, std::string_view content);

 private:
  void end_start_tag();

  std::string* out_;
  std::vector<std::string> open_;
  bool in_start_tag_ = false;
};

}  // namespace meridian::xml
