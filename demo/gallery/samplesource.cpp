// SPDX-License-Identifier: MIT
#include "samplesource.h"

#include "decoder.h"

#include <QtPrefork/Error>

#include <QtCore/QDir>

using namespace Prefork;
using namespace std::chrono_literals;

SampleSource::SampleSource(QObject *parent)
    : QObject(parent)
    , m_folder(QDir::temp().filePath(QStringLiteral("gallery-samples-XXXXXX")))
{
}

// Workers may still write files, and a folder that gets a file while it is being removed would stay. It gets another
// name first, so that no further file can come into it.
SampleSource::~SampleSource()
{
    const QString doomed = m_folder.path() + QStringLiteral("-removed");
    if (QDir().rename(m_folder.path(), doomed))
        QDir(doomed).removeRecursively();
}

void SampleSource::start(Client *client, int count)
{
    stop();
    m_client = client;
    m_count = count;
    // After the thumbnails that are in view, before the others.
    const auto maker = client->with({.runTimeout = 30s, .priority = 1});
    for (int number = m_next; number < count; ++number) {
        if (m_ahead.contains(number))
            continue;
        m_calls[number] = maker.call(
            Decoder::makeSample, m_folder.path(), number, this,
            [this, number](const QString &path) { settle(number, path); }, [this, number] { settle(number, {}); });
    }
}

void SampleSource::stop()
{
    for (const auto &[number, call] : m_calls)
        call.cancel();
    m_calls.clear();
    m_client = nullptr;
}

void SampleSource::settle(int number, const QString &path)
{
    m_calls.erase(number);
    m_ahead[number] = path;
    QStringList paths;
    for (; !m_ahead.empty() && m_ahead.begin()->first == m_next; ++m_next) {
        if (const QString &next = m_ahead.begin()->second; !next.isEmpty())
            paths.append(next);
        m_ahead.erase(m_ahead.begin());
    }
    if (!paths.isEmpty() || m_next == m_count)
        Q_EMIT ready(paths);
}
