-- A browser's requests, as arguments of the form name=value say (bench/load.py makes them):
--   host               the Host header
--   links, ruled       how many links k0000000... are plain, and how many t0000000... have rules
--   plain, rules       percent of the requests that ask for each; the rest asks for paths without a link, m0000000...
--   step               0 for links at random, otherwise every step-th in turn
--   pause              the longest pause between two requests of a connection (ms)
--   forwarded          1 for requests that a proxy passes on, each for a visitor somewhere else
--   close              1 for a connection of its own for each request
local given = {}
local head = 'sec-ch-ua: "Chromium";v="130", "Google Chrome";v="130", "Not?A_Brand";v="99"\r\n'
  .. "sec-ch-ua-mobile: ?0\r\n"
  .. 'sec-ch-ua-platform: "Windows"\r\n'
  .. "Upgrade-Insecure-Requests: 1\r\n"
  .. "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36\r\n"
  .. "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
  .. "application/signed-exchange;v=b3;q=0.7\r\n"
  .. "Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-User: ?1\r\nSec-Fetch-Dest: document\r\n"
  .. "Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\n\r\n"
local random, format = math.random, string.format
local links, ruled, plain, rules, step, forwarded
local at = 0

function init(arguments)
  for _, argument in ipairs(arguments) do
    local name, value = argument:match("^(%w+)=(.*)$")
    given[name] = value
  end
  links, ruled = tonumber(given.links), tonumber(given.ruled)
  plain, rules = tonumber(given.plain) / 100, tonumber(given.rules) / 100
  step, forwarded = tonumber(given.step), given.forwarded == "1"
  math.randomseed(42)
  local connection = given.close == "1" and "close" or "keep-alive"
  head = " HTTP/1.1\r\nHost: " .. given.host .. "\r\nConnection: " .. connection .. "\r\n" .. head
  local pause = tonumber(given.pause)
  if pause > 0 then
    delay = function() return random(0, pause) end
  end
end

local function path()
  local letter, count = "k", links
  if plain < 1 then
    local drawn = random()
    if drawn >= plain + rules then
      letter = "m"
    elseif drawn >= plain then
      letter, count = "t", ruled
    end
  end
  local number = step > 0 and at % count or random(0, count - 1)
  at = at + step
  return format("GET /%s%07d", letter, number)
end

function request()
  if forwarded then
    return format("%s%sX-Forwarded-For: %d.%d.%d.%d\r\n\r\n", path(), head:sub(1, -3), random(1, 223), random(0, 255),
      random(0, 255), random(0, 255))
  end
  return path() .. head
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(format(
    "RESULT requests=%d microseconds=%d p50=%d p99=%d p999=%d refused=%d failed=%d\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
