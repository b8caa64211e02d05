// SPDX-License-Identifier: MIT
#include "requests.h"

namespace Storm {

namespace {

constexpr int LargestPayload = 100'000;

quint64 mix(quint64 value)
{
    value += 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

// Text that no two nonces have in common, with some of every length in UTF-8.
QString noise(quint64 seed, int size)
{
    QString text(size, u' ');
    for (int i = 0; i < size; ++i) {
        if (i % 8 == 0)
            seed = mix(seed);
        const auto letter = char16_t(seed >> (i % 8 * 8) & 0xff);
        text[i] = letter < 0x20 ? QChar(char16_t(0x2500 + letter)) : QChar(letter);
    }
    return text;
}

quint64 digest(quint64 seed, const QString &text)
{
    quint64 sum = mix(seed);
    for (const QChar letter : text)
        sum = (sum ^ letter.unicode()) * 0x100000001b3;
    return mix(sum);
}

int payloadSize(Random &random)
{
    if (oneIn(random, 400))
        return pick(random, LargestPayload);
    return oneIn(random, 10) ? pick(random, 5000) : pick(random, 50);
}

}

QString Request::payload() const
{
    return noise(quint64(nonce), size);
}

QString Request::answer() const
{
    return answerTo(id, nonce, answerSize, payload());
}

QString answerTo(qint64 id, qint64 nonce, int answerSize, const QString &payload)
{
    const quint64 sum = digest(mix(quint64(id)) ^ quint64(nonce), payload);
    return QString::number(sum, 16) + noise(~quint64(nonce), answerSize);
}

Request makeRequest(Random &random, qint64 id)
{
    Request request{.kind = oneIn(random, 50) ? Request::Fail : Request::Work, .id = id, .nonce = qint64(random())};
    request.answerSize = payloadSize(random);
    if (oneIn(random, 12))
        request.microseconds = pick(random, oneIn(random, 10) ? 20'000 : 1000);
    if (oneIn(random, 12)) {
        request.kind = Request::Tell;
        request.steps = pick(random, 10);
    } else {
        request.size = payloadSize(random);
    }
    if (oneIn(random, 40))
        request.runTimeout = 1 + pick(random, 20);
    return request;
}

Request toldInstead(Random &random, const Request &request)
{
    Request other = request;
    other.kind = Request::Tell;
    other.size = 0;
    other.steps = 1 + pick(random, 10);
    other.microseconds = pick(random, 3000);
    return other;
}

}
