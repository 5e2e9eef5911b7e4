// What edges say to each other of objects: questions and answers, behind the parser of HTTP that viewers and
// origins meet too.
#include "engines/cdn/tier_look.h"
#include "engines/cdn/tier_wire.h"

using namespace meridian;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string all(reinterpret_cast<const char*>(data), size);
  if (const auto told = engines::cdn::read_told(all))
    if (!engines::cdn::read_told(engines::cdn::write_told(*told))) __builtin_trap();
  http1::HeadEnd end{http1::Limits{}};
  const auto head_size = end.find(all);
  if (!head_size || *head_size == 0) return 0;
  const std::string bytes = all.substr(0, *head_size);
  http1::RequestHead request;
  if (http1::parse_request(bytes, request))
    if (const auto read = engines::cdn::read_tier_request(request.path, request.query, request.fields)) {
      if (read->range ? read->range->last < read->range->first || read->method != "GET"
                      : !read->if_range.empty())
        __builtin_trap();
      for (const auto& field : read->fields)
        if (field.name.data() < bytes.data() || field.name.data() > bytes.data() + bytes.size())
          __builtin_trap();
    }
  http1::ResponseHead response;
  const engines::cdn::rules::Time now{std::chrono::seconds(1'800'000'000)};
  if (http1::parse_response(bytes, response))
    if (const auto read = engines::cdn::read_tier_reply(response.fields, now))
      if (read->status < 200 || read->status > 599 || read->life.answered > now ||
          (read->part && (read->part->last < read->part->first || read->part->last >= read->length)))
        __builtin_trap();
  return 0;
}
