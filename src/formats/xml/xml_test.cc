// What the reader gives and refuses, and that the writer's text survives a reader.
#include "formats/xml/xml.h"

#include <gtest/gtest.h>

namespace meridian::xml {
namespace {

Document parse(std::string_view text) {
  auto document = Document::parse(text);
  EXPECT_TRUE(document) << (document ? "" : document.error().message);
  return std::move(*document);
}

bool accepted(std::string_view text, const Limits& limits = {}) {
  return Document::parse(text, limits).has_value();
}

TEST(XmlParse, ElementsAttributesAndText) {
  Document document = parse(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a xmlns=\"urn:x\" xmlns:xsi=\"urn:y\"><!-- note <b> -->"
      "<p:b xsi:type=\"T&amp;U\">one<![CDATA[<&>]]>two &#x41;&#66;</p:b><c/> <c>last</c></a>");
  Element root = document.root();
  EXPECT_EQ(root.name(), "a");
  EXPECT_EQ(root.default_namespace(), "urn:x");
  Element b = root.first_child();
  EXPECT_EQ(b.name(), "b");
  EXPECT_EQ(b.text(), "one<&>two AB");
  EXPECT_EQ(b.attribute("type"), "T&U");
  EXPECT_EQ(b.attribute("other"), std::nullopt);
  EXPECT_EQ(b.next_sibling().text(), "");
  EXPECT_EQ(b.next_sibling().next_sibling().text(), "last");
  EXPECT_FALSE(b.next_sibling().next_sibling().next_sibling());
  EXPECT_TRUE(root.child("c"));
  EXPECT_FALSE(root.child("d"));
}

TEST(XmlParse, WhiteSpaceInsideTextStays) {
  EXPECT_EQ(parse("<a> x\r\ny </a>").root().text(), " x\ny ");
}

TEST(XmlParse, RefusesWhatIsNotWellFormed) {
  for (std::string_view text : {"",
                                "  ",
                                "text",
                                "<a>",
                                "<a></b>",
                                "<a/><b/>",
                                "<a b=c/>",
                                "<a>&unknown;</a>",
                                "<a>&#0;</a>",
                                "<a>&#x1;</a>",
                                "<a>& b</a>",
                                "<a>\x01</a>",
                                "<a>\xff</a>",
                                "<a>\xed\xa0\x80</a>",
                                "<a>\xc0\x80</a>",
                                "<a b=\"<\"/>",
                                "<a b=\"&x;\"/>",
                                "<a><![CDATA[\x02]]></a>",
                                "<a><![CDATA[x</a>",
                                "<a><!-- </a>",
                                "<a <b/>"})
    EXPECT_FALSE(accepted(text)) << text;
}

TEST(XmlParse, RefusesDocumentTypes) {
  EXPECT_FALSE(accepted("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>"));
  EXPECT_FALSE(accepted("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>"));
}

TEST(XmlParse, KeepsItsLimits) {
  Limits limits{.depth = 3, .elements = 4, .bytes = 40};
  EXPECT_TRUE(accepted("<a><b><c/></b></a>", limits));
  EXPECT_FALSE(accepted("<a><b><c><d/></c></b></a>", limits));
  EXPECT_TRUE(accepted("<a><b/><b/><b/></a>", limits));
  EXPECT_FALSE(accepted("<a><b/><b/><b/><b/></a>", limits));
  EXPECT_FALSE(accepted("<a>0123456789012345678901234567890123456789</a>", limits));
}

TEST(XmlWrite, TextOfAnyKindReadsBack) {
  std::string out;
  Writer writer(out);
  writer.declaration();
  writer.open("a");
  writer.attribute("q", "<\"&\n\t");
  writer.element("b", "x < y & z > \r\n\"'");
  writer.element("empty", "");
  writer.close();
  EXPECT_EQ(
      out,
      "<?xml version=\"1.0\"?>\n<a q=\"&lt;&quot;&amp;&#xA;&#x9;\"><b>x &lt; y &amp; z &gt; &#xD;\n\"'</b>"
      "<empty/></a>");
  Document document = parse(out);
  EXPECT_EQ(document.root().attribute("q"), "<\"&\n\t");
  EXPECT_EQ(document.root().first_child().text(), "x < y & z > \r\n\"'");
}

TEST(XmlWrite, CharactersXmlCannotCarryAreReplaced) {
  std::string out;
  Writer writer(out);
  writer.element("a", std::string_view("x\0y\x1f\xff z\xed\xa0\x80", 10));
  EXPECT_TRUE(accepted(out)) << out;
  EXPECT_NE(out.find("x\xef\xbf\xbdy\xef\xbf\xbd\xef\xbf\xbd z"), std::string::npos);
}

}  // namespace
}  // namespace meridian::xml
