// Shapes as XML elements: bodies of rest-xml, answers of query and ec2.
#pragma once

#include "aws/error.h"
#include "aws/protocols/constraints.h"
#include "formats/xml/xml.h"

namespace meridian::aws {

struct XmlReading {
  // Null on the client's side: nothing is required of an answer, and what it does not know is skipped.
  Violations* violations = nullptr;
  const char* code = "UnreadableResponse";  // of an element that does not fit the model
};

// Members of `structure` whose location is the body, from the children and attributes of `element`.
Outcome<void> read_xml(const XmlReading& reading, const Shape& structure, xml::Element element, void* value,
                       const Path& at);
// The same members as children of the writer's open element, but for `except`.
void write_xml(xml::Writer& writer, const Shape& structure, const void* value,
               const Member* except = nullptr);

// Notes every required body member, for a body that did not come at all.
void note_missing_members(Violations& violations, const Shape& structure, const Path& at);

}  // namespace meridian::aws
