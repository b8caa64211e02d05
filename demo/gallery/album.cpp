// SPDX-License-Identifier: MIT
#include "album.h"

#include "common/reasons.h"

#include <QtPrefork/Progress>

using namespace Prefork;
using namespace std::chrono_literals;

Album::Album(Chaos &chaos, ThumbnailCache &cache, QObject *parent)
    : QAbstractListModel(parent)
    , m_chaos(chaos)
    , m_cache(cache)
{
    m_askSoon.setSingleShot(true);
    connect(&m_askSoon, &QTimer::timeout, this, &Album::askForMore);
    m_lookSoon.setSingleShot(true);
    m_lookSoon.setInterval(30ms);
    connect(&m_lookSoon, &QTimer::timeout, this, &Album::look);
    m_tellSoon.setSingleShot(true);
    m_tellSoon.setInterval(50ms);
    connect(&m_tellSoon, &QTimer::timeout, this, &Album::countsChanged);
}

Album::~Album() = default;

void Album::setClient(Client *client)
{
    m_client = client;
    ask([](const Entry &entry) { return entry.state == Waiting || entry.state == Decoding; });
}

// Thousands of calls, made at once, would hold the window up.
template <class Predicate>
void Album::ask(Predicate isWanted)
{
    QList<int> inView; // a worker that is idle gets the first call at once
    for (int row = 0; row < count(); ++row) {
        Entry &entry = m_entries[row];
        if (!isWanted(entry))
            continue;
        giveUp(entry);
        setState(row, Waiting);
        if (isInView(row))
            inView.append(row);
    }
    for (const int row : inView)
        request(row, m_looks);
    m_nextToAsk = 0;
    m_askSoon.start(0ms);
}

void Album::askForMore()
{
    for (int asked = 0; m_nextToAsk < count() && asked < 100; ++m_nextToAsk) {
        const Entry &entry = m_entries[m_nextToAsk];
        if (entry.state != Waiting || entry.hasCall)
            continue;
        request(m_nextToAsk, 0);
        ++asked;
    }
    if (m_nextToAsk < count())
        m_askSoon.start(0ms);
}

void Album::askAgain()
{
    for (int row = 0; row < count(); ++row) {
        if (Entry &entry = m_entries[row]; entry.hasCall && entry.state == Waiting) {
            giveUp(entry);
            request(row, entry.priority);
        }
    }
}

void Album::setTile(QSize pixels, int radius)
{
    if (pixels == m_tile && radius == m_radius)
        return;
    m_tile = pixels;
    m_radius = radius;
    for (Entry &entry : m_entries)
        entry.isInView = false;
    m_lookSoon.start();
}

void Album::clear()
{
    beginResetModel();
    for (Entry &entry : m_entries)
        giveUp(entry);
    m_entries.clear();
    std::fill(std::begin(m_counts), std::end(m_counts), 0);
    m_cache.clear();
    m_nextToAsk = 0;
    endResetModel();
    tellCounts();
}

void Album::append(const QStringList &paths)
{
    if (paths.isEmpty())
        return;
    const int first = count();
    beginInsertRows({}, first, first + int(paths.size()) - 1);
    for (const QString &path : paths)
        m_entries.append({path});
    m_counts[Waiting] += int(paths.size());
    endInsertRows();
    for (int row = std::max(first, m_first); row < std::min(count(), m_last + 1); ++row) {
        m_entries[row].isInView = true;
        request(row, m_looks);
    }
    m_askSoon.start(0ms);
    tellCounts();
}

void Album::showRows(int first, int last)
{
    if (first == m_first && last == m_last)
        return;
    m_first = first;
    m_last = last;
    if (!m_lookSoon.isActive())
        m_lookSoon.start();
}

// Those that have just come into view overtake all that wait, also those that came into view before.
void Album::look()
{
    ++m_looks;
    for (int row = 0; row < count(); ++row) {
        const bool was = std::exchange(m_entries[row].isInView, isInView(row));
        if (!was && m_entries[row].isInView)
            lookAt(row);
        if (m_entries[row].isInView)
            m_cache.touch(row);
    }
}

void Album::lookAt(int row)
{
    Entry &entry = m_entries[row];
    const bool isToBeMade = entry.state == Shown && (!m_cache.contains(row) || entry.tile != m_tile);
    if (entry.state != Waiting && !isToBeMade)
        return;
    giveUp(entry);
    request(row, m_looks);
}

void Album::request(int row, int priority)
{
    Entry &entry = m_entries[row];
    entry.hasCall = true;
    entry.priority = priority;
    entry.ticket = ++m_lastTicket;
    entry.tile = m_tile;
    entry.progress = 0;
    setState(row, Waiting);
    if (!m_client)
        return;
    const quint64 ticket = entry.ticket;
    entry.call
        = m_client->with({.runTimeout = m_timeout, .priority = priority})
              .onProgress(this, [this, row, ticket](const Progress &progress) { advance(row, ticket, progress); })
              .call(
                  Decoder::thumbnail, entry.path, m_tile, m_radius, m_chaos.next(), this,
                  [this, row, ticket](const QImage &image) { show(row, ticket, image); },
                  [this, row, ticket](const Error &error) { fail(row, ticket, error); });
}

// What was on its way already is told by its ticket.
void Album::giveUp(Entry &entry)
{
    entry.call.cancel();
    entry.hasCall = false;
    entry.ticket = 0;
}

Album::Entry *Album::entryOf(int row, quint64 ticket)
{
    return row < count() && m_entries[row].ticket == ticket ? &m_entries[row] : nullptr;
}

void Album::advance(int row, quint64 ticket, const Progress &progress)
{
    Entry *const entry = entryOf(row, ticket);
    if (!entry)
        return;
    if (entry->state == Waiting) {
        ++entry->attempts;
        setState(row, Decoding);
    }
    if (progress.maximum() > 0)
        entry->progress = double(progress.value()) / double(progress.maximum());
    tell(row, {ProgressRole, AttemptsRole});
}

void Album::show(int row, quint64 ticket, const QImage &image)
{
    Entry *const entry = entryOf(row, ticket);
    if (!entry)
        return;
    entry->attempts += entry->state == Waiting; // it was too quick for any progress
    entry->hasCall = false;
    for (int inView = m_first; inView <= m_last; ++inView) // so that none of these is dropped
        m_cache.touch(inView);
    for (const int dropped : m_cache.insert(row, image)) {
        m_entries[dropped].isInView = false; // so that it is decoded again when the rows in view are looked at
        tell(dropped, {ThumbnailRole});
    }
    setState(row, Shown);
}

void Album::fail(int row, quint64 ticket, const Error &error)
{
    Entry *const entry = entryOf(row, ticket);
    if (!entry)
        return;
    entry->attempts += entry->state == Waiting;
    entry->hasCall = false;
    m_cache.remove(row);
    setState(row, Failed, Demo::reasonFor(error));
}

bool Album::retry(int row)
{
    if (row < 0 || row >= count() || (m_entries[row].state != Failed && m_entries[row].state != Canceled))
        return false;
    request(row, ++m_looks);
    return true;
}

void Album::retryAll()
{
    ask([](const Entry &entry) { return entry.state == Failed || entry.state == Canceled; });
}

void Album::decodeAgain()
{
    ask([](const Entry &) { return true; });
}

void Album::cancelAll()
{
    for (int row = 0; row < count(); ++row) {
        Entry &entry = m_entries[row];
        if (entry.state != Waiting && entry.state != Decoding)
            continue;
        giveUp(entry);
        setState(row, m_cache.contains(row) ? Shown : Canceled);
    }
}

void Album::setState(int row, State state, const QString &reason)
{
    Entry &entry = m_entries[row];
    --m_counts[entry.state];
    ++m_counts[state];
    entry.state = state;
    entry.reason = reason;
    tell(row, {StateRole, ProgressRole, ReasonRole, AttemptsRole, ThumbnailRole});
    tellCounts();
}

void Album::tell(int row, const QList<int> &roles)
{
    Q_EMIT dataChanged(index(row), index(row), roles);
}

void Album::tellCounts()
{
    if (!m_tellSoon.isActive())
        m_tellSoon.start();
}
