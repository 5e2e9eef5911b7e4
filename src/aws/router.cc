// Which service a request is for.
#include "aws/router.h"

#include <algorithm>

#include "aws/protocols/scalar_text.h"
#include "base/bytes.h"
#include "base/percent.h"

namespace meridian::aws {
namespace {

// What a request looks like before its service is known.
enum class Style : std::uint8_t { Cbor, Json, Form, Rest };

constexpr std::string_view kServicePath = "/service/";

// The Smithy service name of /service/{name}/operation/{operation}; "" for other paths.
std::string_view cbor_service(std::string_view path) {
  if (!path.starts_with(kServicePath)) return {};
  path.remove_prefix(kServicePath.size());
  const std::size_t end = path.find("/operation/");
  return end == std::string_view::npos ? std::string_view() : path.substr(0, end);
}

bool is_form(const HttpRequest& request) {
  return request.headers.get("content-type").starts_with("application/x-www-form-urlencoded");
}

Style style_of(const HttpRequest& request) {
  if (request.headers.get("smithy-protocol") == "rpc-v2-cbor" && !cbor_service(request.path).empty())
    return Style::Cbor;
  if (request.headers.find("x-amz-target") != nullptr) return Style::Json;
  if (request.path == "/" && (is_form(request) || !form_value(request.query, "Action").empty()))
    return Style::Form;
  return Style::Rest;
}

bool speaks(Protocol protocol, Style style) {
  switch (style) {
    case Style::Cbor:
      return protocol == Protocol::RpcCbor;
    case Style::Json:
      return protocol == Protocol::Json;
    case Style::Form:
      return protocol == Protocol::Query || protocol == Protocol::Ec2;
    case Style::Rest:
      return protocol == Protocol::RestXml || protocol == Protocol::RestJson;
  }
  return false;
}

const Codec* codec_for(const Endpoint& endpoint, Style style) {
  for (const auto& codec : endpoint.codecs)
    if (speaks(codec->protocol(), style)) return codec.get();
  return nullptr;
}

// "route53.localhost:4566" and "data-servicediscovery.eu-west-1.amazonaws.com" name their services: the
// endpoint prefix as whole labels, at the start or after a host prefix.
bool host_names(std::string_view host, std::string_view prefix) {
  for (std::size_t at = host.find(prefix); at != std::string_view::npos; at = host.find(prefix, at + 1)) {
    const std::size_t end = at + prefix.size();
    const bool begins = at == 0 || host[at - 1] == '.' || host[at - 1] == '-';
    if (begins && end < host.size() && host[end] == '.') return true;
  }
  return false;
}

using Candidates = std::vector<const Endpoint*>;

template <typename Test>
Candidates select(const std::vector<Endpoint>& endpoints, Test test) {
  Candidates found;
  for (const Endpoint& endpoint : endpoints)
    if (test(endpoint)) found.push_back(&endpoint);
  return found;
}

Candidates by_scope(const std::vector<Endpoint>& endpoints, std::string_view service) {
  return select(endpoints,
                [service](const Endpoint& each) { return each.service->model().signing_name == service; });
}

// The only one with that signing name: what a signed call of most services means.
const Endpoint* only_by_scope(const std::vector<Endpoint>& endpoints, std::string_view service) {
  const Endpoint* only = nullptr;
  for (const Endpoint& each : endpoints) {
    if (each.service->model().signing_name != service) continue;
    if (only != nullptr) return nullptr;
    only = &each;
  }
  return only;
}

Candidates by_target(const std::vector<Endpoint>& endpoints, std::string_view prefix) {
  if (prefix.empty()) return {};
  return select(endpoints, [prefix](const Endpoint& each) {
    const char* target = each.service->model().target_prefix;
    return target != nullptr && target == prefix;
  });
}

Candidates by_host(const std::vector<Endpoint>& endpoints, std::string_view host) {
  Candidates found = select(endpoints, [host](const Endpoint& each) {
    return host_names(host, each.service->model().endpoint_prefix);
  });
  // "a.b." also ends with "b.": the longest prefix is the one meant.
  const auto longest = std::max_element(found.begin(), found.end(), [](const Endpoint* a, const Endpoint* b) {
    return std::string_view(a->service->model().endpoint_prefix).size() <
           std::string_view(b->service->model().endpoint_prefix).size();
  });
  if (longest == found.end()) return found;
  const std::string_view prefix = (*longest)->service->model().endpoint_prefix;
  std::erase_if(found,
                [prefix](const Endpoint* each) { return each->service->model().endpoint_prefix != prefix; });
  return found;
}

Candidates by_action(const std::vector<Endpoint>& endpoints, const HttpRequest& request) {
  const std::string_view form = is_form(request) ? std::string_view(request.body) : request.query;
  const std::string action = form_value(form, "Action"), version = form_value(form, "Version");
  return select(endpoints, [&](const Endpoint& each) {
    const ServiceModel& model = each.service->model();
    return model.api_version == version && model.find(action) != nullptr;
  });
}

bool knows_operation(const Endpoint& endpoint, Style style, const HttpRequest& request) {
  const Codec* codec = codec_for(endpoint, style);
  return codec != nullptr && codec->find_operation(request).has_value();
}

}  // namespace

std::string form_value(std::string_view form, std::string_view name) {
  while (!form.empty()) {
    const std::string_view pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(pair.size() + 1, form.size()));
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    return percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true).value_or("");
  }
  return {};
}

Router::Router(std::span<Service* const> services) {
  for (Service* service : services) {
    Endpoint endpoint{service, {}};
    for (Protocol protocol : service->model().protocols)
      endpoint.codecs.push_back(make_codec(protocol, service->model()));
    endpoints_.push_back(std::move(endpoint));
  }
  static constexpr ServiceModel kNobody{};
  for (Protocol protocol : {Protocol::RestXml, Protocol::Json, Protocol::Query, Protocol::RpcCbor})
    nobody_.push_back(make_codec(protocol, kNobody));
}

Router::Unmodelled Router::find_unmodelled(const HttpRequest& head, Listener listener) const {
  for (const Endpoint& endpoint : endpoints_)
    if (auto call = endpoint.service->unmodelled(head, listener))
      return {{endpoint.service, endpoint.codecs.front().get()}, std::move(call)};
  return {};
}

Route Router::find(const HttpRequest& request, const sigv4::Claim* claim) const {
  const Style style = style_of(request);
  if (claim != nullptr)
    if (const Endpoint* only = only_by_scope(endpoints_, claim->service)) {
      const Codec* codec = codec_for(*only, style);
      return {only->service, codec != nullptr ? codec : only->codecs.front().get()};
    }
  Candidates found;
  if (claim != nullptr) found = by_scope(endpoints_, claim->service);
  if (found.empty() && style == Style::Cbor) found = by_target(endpoints_, cbor_service(request.path));
  if (found.empty() && style == Style::Json) {
    const std::string_view target = request.headers.get("x-amz-target");
    found = by_target(endpoints_, target.substr(0, target.rfind('.')));
  }
  if (found.empty()) found = by_host(endpoints_, to_lower(request.headers.get("host")));
  if (found.empty() && style == Style::Form) found = by_action(endpoints_, request);
  if (found.empty() && style == Style::Rest)
    found = select(endpoints_, [&](const Endpoint& each) { return knows_operation(each, style, request); });

  // Services may share a signing name; the one that has the operation is meant.
  if (found.size() > 1) {
    const auto knows = [&](const Endpoint* each) { return knows_operation(*each, style, request); };
    if (const auto match = std::find_if(found.begin(), found.end(), knows); match != found.end())
      found = {*match};
  }
  if (!found.empty()) {
    const Codec* codec = codec_for(*found.front(), style);
    return {found.front()->service, codec != nullptr ? codec : found.front()->codecs.front().get()};
  }
  const auto nobody = std::find_if(nobody_.begin(), nobody_.end(),
                                   [style](const auto& codec) { return speaks(codec->protocol(), style); });
  return {nullptr, nobody->get()};
}

}  // namespace meridian::aws
