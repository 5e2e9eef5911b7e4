// Revalidation: RFC 9111 §4.3.
#include "engines/cdn/rules/validation_merge.h"

#include <gtest/gtest.h>

#include "engines/cdn/rules/rule_fixture.h"

namespace meridian::engines::cdn::rules {
namespace {

TEST(ValidationMerge, AsksWithAllValidators) {
  FieldList out;
  EXPECT_TRUE(write_revalidation({"\"a\"", "then", {}}, out));
  EXPECT_EQ(text_of(out), "If-None-Match: \"a\"\nIf-Modified-Since: then\n");
  FieldList none;
  EXPECT_FALSE(write_revalidation({}, none));
  EXPECT_EQ(text_of(none), "");
}

TEST(ValidationMerge, A304OfAnotherRepresentationConfirmsNothing) {
  const Validators stored{"\"a\"", "then", {}};
  EXPECT_TRUE(confirms(head("ETag: \"a\""), stored));
  EXPECT_TRUE(confirms(head("ETag: W/\"a\""), stored));
  EXPECT_FALSE(confirms(head("ETag: \"b\""), stored));
  EXPECT_FALSE(confirms(head("ETag: \"b\"\nLast-Modified: then"), stored));
  EXPECT_TRUE(confirms(head("Last-Modified: then"), stored));
  EXPECT_FALSE(confirms(head("Last-Modified: now"), stored));
  EXPECT_TRUE(confirms(head("Date: d"), stored));
}

TEST(ValidationMerge, NewFieldsReplaceOldOnesButThoseOfTheBytes) {
  const std::vector<Field> stored = head(
      "Content-Type: text/css\nContent-Length: 5\nContent-Encoding: gzip\nCache-Control: max-age=1\nX-A: "
      "1\nX-A: 2\nETag: \"a\"");
  const std::vector<Field> update = head(
      "Cache-Control: max-age=60\nX-A: 3\nX-New: n\nContent-Type: text/html\nContent-Length: "
      "0\nContent-Encoding: br");
  FieldList out;
  merge_not_modified(stored, update, out);
  EXPECT_EQ(text_of(out),
            "Content-Type: text/css\nContent-Length: 5\nContent-Encoding: gzip\nETag: \"a\"\n"
            "Cache-Control: max-age=60\nX-A: 3\nX-New: n\n");
}

}  // namespace
}  // namespace meridian::engines::cdn::rules
