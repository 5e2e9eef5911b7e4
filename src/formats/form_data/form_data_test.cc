#include "formats/form_data/form_data.h"

#include <gtest/gtest.h>

namespace meridian::form_data {
namespace {

// What a reader makes of a text that comes in pieces of a size: "name=value;" of each part, "END", or why
// not.
std::string read(std::string_view text, std::size_t piece_size, std::string_view boundary = "b") {
  Reader reader(boundary);
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += piece_size) {
    reader.feed(text.substr(at, piece_size));
    for (;;) {
      const auto event = reader.next();
      if (!event) return "refused: " + event.error().message;
      if (event->kind == Event::Kind::NeedsMore) break;
      if (event->kind == Event::Kind::End) return out + "END";
      if (event->kind == Event::Kind::Part) {
        out += event->part.name;
        if (event->part.file_name) out += "<" + *event->part.file_name + ">";
        if (!event->part.content_type.empty()) out += "(" + event->part.content_type + ")";
        out += "=";
      }
      out += event->data;
      if (event->kind == Event::Kind::PartEnd) out += ";";
    }
  }
  return out + "unfinished";
}

constexpr std::string_view kForm =
    "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\na/${filename}\r\n"
    "--b\r\ncontent-disposition:form-data;name=empty\r\n\r\n\r\n"
    "--b \t\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\\\"b;c.txt\"\r\n"
    "Content-Type: text/plain\r\n\r\nline\r\n--\r\n-b\r\n--b--\r\nepilogue";

TEST(FormData, IsReadInPiecesOfAnySize) {
  for (std::size_t size = 1; size <= kForm.size(); ++size)
    EXPECT_EQ(read(kForm, size), "key=a/${filename};empty=;file<a\"b;c.txt>(text/plain)=line\r\n--\r\n-b;END")
        << size;
}

TEST(FormData, APartMayBeOfAnySizeAndComeAtOnce) {
  const std::string large(3 * kHeadBytesMax, 'x');
  const std::string form = "--b\r\nContent-Disposition: form-data; name=file\r\n\r\n" + large + "\r\n--b--";
  EXPECT_EQ(read(form, form.size()), "file=" + large + ";END");
}

TEST(FormData, ThatDoesNotEndIsUnfinished) {
  for (std::size_t size = 0; size + 14 < kForm.size(); ++size)
    EXPECT_TRUE(read(kForm.substr(0, size), 7).ends_with("unfinished")) << size;
}

TEST(FormData, WhatIsNoFormIsRefused) {
  EXPECT_EQ(read("key=value&other", 100), "refused: the form does not begin with its boundary");
  EXPECT_EQ(read("--bb\r\n\r\n", 100), "refused: a boundary goes on");
  EXPECT_EQ(read("--b\r\n\r\ntext\r\n--b--", 100), "refused: a part has no name");
  EXPECT_EQ(read("--b\r\nContent-Disposition: attachment; name=x\r\n\r\n", 100),
            "refused: a part has no name");
  EXPECT_EQ(read("--b\r\nno colon\r\n\r\n", 100), "refused: a part has no name");
  EXPECT_EQ(read("--b\r\nX: " + std::string(kHeadBytesMax, 'x'), 100), "refused: a part's head is too long");
  EXPECT_EQ(read("--b" + std::string(2 * kHeadBytesMax, ' '), 100), "refused: a boundary's line is too long");
}

TEST(FormData, ABoundaryIsFoundInTheContentType) {
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(boundary_of("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\""), "a b");
  for (const char* none : {"", "multipart/form-data", "multipart/form-data; boundary=",
                           "text/plain; boundary=a", "multipart/mixed; boundary=a"})
    EXPECT_FALSE(boundary_of(none)) << none;
  EXPECT_FALSE(boundary_of("multipart/form-data; boundary=" + std::string(71, 'x')));
}

}  // namespace
}  // namespace meridian::form_data
