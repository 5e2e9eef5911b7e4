// The error element of the XML protocols: <Error> with Type, Code, Message and the error's own members.
#pragma once

#include "aws/service.h"
#include "formats/xml/xml.h"

namespace meridian::aws {

// As the content of the writer's open element.
void write_xml_error(xml::Writer& writer, const ServiceError& error, bool with_type);
// From the element that holds Code and Message. Details only where the model knows the code.
ServiceError read_xml_error(const ServiceModel& model, xml::Element element);
// For an answer that is no error of ours at all: a proxy's page, an empty body.
ServiceError unreadable_error(int status);

}  // namespace meridian::aws
