// Private content: behaviors that only signed requests may use.
#include "engines/cdn/request.h"

namespace meridian::engines::cdn {

Request::Next Request::check_signature() {
  query_ = request_.query;
  if (!behavior_->restricted) return Next::Step;
  const auto index = static_cast<std::size_t>(behavior_ - served_->distribution->behaviors.data());
  signature_refusal_ = signing::check_signature({.is_tls = viewer_->connection().tls,
                                                 .host = request_.host,
                                                 .path = request_.path,
                                                 .query = request_.query,
                                                 .fields = request_.fields,
                                                 .viewer = viewer_->connection().peer.ip,
                                                 .now = now()},
                                                served_->keys[index]);
  query_ = signing::without_signature(request_.query, query_buffer_);
  if (!signature_refusal_) return Next::Step;
  switch (*signature_refusal_) {
    case signing::SignatureRefusal::MissingKeyPairId:
      return refuse(rules::Refusal::SignatureMissing);
    case signing::SignatureRefusal::UnknownKey:
      return refuse(rules::Refusal::SignatureKeyUnknown);
    default:
      return refuse(rules::Refusal::SignatureDenied);
  }
}

}  // namespace meridian::engines::cdn
