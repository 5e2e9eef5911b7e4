// For tests: an origin of HTTP/2 in the virtual network, which says what the test has it say, frame by frame.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "formats/http2/played_frames.h"
#include "sim/virtual_network.h"

namespace meridian::sim {

class PlayedHttp2Origin {
 public:
  class Visit;
  struct Heard {
    http2::FrameHead head;
    std::string payload;
    bool is(http2::FrameType type) const { return head.type == type; }
  };
  using OnFrame = std::function<void(Visit& visit, const Heard& frame)>;

  PlayedHttp2Origin(VirtualNetwork& network, const net::Address& address, OnFrame on_frame,
                    std::string settings = "")
      : on_frame_(std::move(on_frame)), settings_(std::move(settings)) {
    listener_ =
        network.listen_tcp(address, {}, nullptr, [this](auto tcp) { accept(std::move(tcp)); }).value();
  }

  // One connection; it hears whole frames.
  class Visit final : public net::TcpHandler {
   public:
    Visit(PlayedHttp2Origin& origin, std::unique_ptr<net::TcpConnection> tcp)
        : origin_(origin), tcp_(std::move(tcp)) {
      tcp_->start(*this);
      say(http2::played::frame(http2::FrameType::Settings, 0, 0, origin_.settings_));
    }
    void say(std::string bytes) {
      if (tcp_) tcp_->write(std::move(bytes));
    }
    void close() { tcp_.reset(); }

    std::string body_of(std::uint32_t stream) const {
      std::string body;
      for (const Heard& each : heard)
        if (each.is(http2::FrameType::Data) && each.head.stream == stream) body += each.payload;
      return body;
    }
    // Of the last such frame; NoError: there was none.
    http2::ErrorCode code_of(http2::FrameType type) const {
      http2::ErrorCode code = http2::ErrorCode::NoError;
      for (const Heard& each : heard)
        if (each.is(type))
          code = static_cast<http2::ErrorCode>(
              http2::read_u32(std::string_view(each.payload).substr(each.payload.size() - 4)));
      return code;
    }
    std::size_t count(http2::FrameType type) const {
      return static_cast<std::size_t>(
          std::ranges::count_if(heard, [type](const Heard& each) { return each.is(type); }));
    }

    std::vector<Heard> heard;
    bool left = false;  // by the peer

   private:
    void on_data(net::TcpConnection&, Bytes data) override {
      in_ += as_text(data);
      if (!begun_) {
        if (in_.size() < http2::kPreface.size()) return;
        begun_ = true;
        in_.erase(0, http2::kPreface.size());
      }
      while (in_.size() >= http2::kFrameHeadBytes) {
        const http2::FrameHead head = http2::read_frame_head(in_);
        if (in_.size() < http2::kFrameHeadBytes + head.size) return;
        heard.push_back({head, in_.substr(http2::kFrameHeadBytes, head.size)});
        in_.erase(0, http2::kFrameHeadBytes + head.size);
        const Heard frame = heard.back();
        origin_.on_frame_(*this, frame);
      }
    }
    void on_closed(net::TcpConnection&, const Error*) override {
      left = true;
      tcp_.reset();
    }

    PlayedHttp2Origin& origin_;
    std::unique_ptr<net::TcpConnection> tcp_;
    std::string in_;
    bool begun_ = false;
  };

  std::deque<std::unique_ptr<Visit>> visits;

 private:
  void accept(std::unique_ptr<net::TcpConnection> tcp) {
    visits.push_back(std::make_unique<Visit>(*this, std::move(tcp)));
  }

  OnFrame on_frame_;
  const std::string settings_;
  std::unique_ptr<net::TcpListener> listener_;
};

}  // namespace meridian::sim
