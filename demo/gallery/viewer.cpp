// SPDX-License-Identifier: MIT
#include "viewer.h"

#include "common/reasons.h"

#include <QtPrefork/Progress>

#include <limits>

using namespace Prefork;

Viewer::Viewer(Album &album, Chaos &chaos, QObject *parent)
    : QObject(parent)
    , m_album(album)
    , m_chaos(chaos)
{
    connect(&album, &Album::modelReset, this, &Viewer::close);
}

void Viewer::setClient(Client *client)
{
    const bool again = isOpen() && (m_state == Album::Waiting || m_state == Album::Decoding);
    m_call.cancel();
    m_client = client;
    if (again)
        show(m_row);
}

void Viewer::show(int row)
{
    if (row < 0 || row >= m_album.count() || !m_client)
        return;
    m_call.cancel();
    m_row = row;
    m_image = {};
    m_description.clear();
    m_progress = 0;
    m_clock.start();
    const quint64 ticket = ++m_ticket;
    // The one that somebody waits for comes before all thumbnails.
    m_call = m_client->with({.runTimeout = m_timeout, .priority = std::numeric_limits<int>::max()})
                 .onProgress(this,
                             [this, ticket](const Progress &progress) {
                                 if (ticket != m_ticket)
                                     return;
                                 m_state = Album::Decoding;
                                 if (progress.maximum() > 0)
                                     m_progress = double(progress.value()) / double(progress.maximum());
                                 Q_EMIT changed();
                             })
                 .on(Decoder::described, this,
                     [this, ticket](QSize size, const QString &words) {
                         if (ticket == m_ticket)
                             describe(size, words);
                     })
                 .call(
                     Decoder::fullSize, m_album.pathAt(row), m_chaos.next(), this,
                     [this, ticket](const QImage &image) {
                         if (ticket == m_ticket)
                             finish(image);
                     },
                     [this, ticket](const Error &error) {
                         if (ticket == m_ticket)
                             end(Album::Failed, Demo::reasonFor(error));
                     });
    end(Album::Waiting);
}

void Viewer::go(int steps)
{
    if (isOpen())
        show(m_row + steps);
}

void Viewer::close()
{
    m_call.cancel();
    ++m_ticket;
    m_row = -1;
    m_image = {};
    end(Album::Waiting);
}

void Viewer::cancel()
{
    if (!isOpen() || (m_state != Album::Waiting && m_state != Album::Decoding))
        return;
    m_call.cancel();
    ++m_ticket;
    end(Album::Canceled);
}

void Viewer::retry()
{
    show(m_row);
}

QString Viewer::source() const
{
    return m_image.isNull() ? QString() : QStringLiteral("image://gallery/full/%1").arg(m_ticket);
}

void Viewer::describe(QSize size, const QString &words)
{
    m_size = size;
    m_description = QStringLiteral("%1 × %2 · %3").arg(size.width()).arg(size.height()).arg(words);
    Q_EMIT changed();
}

void Viewer::finish(const QImage &image)
{
    m_image = image;
    if (image.size() != m_size && m_size.isValid())
        m_description += QStringLiteral(" · shown at %1 %").arg(100 * image.width() / m_size.width());
    m_description += QStringLiteral(" · in %1 ms").arg(m_clock.elapsed());
    end(Album::Shown);
}

void Viewer::end(Album::State state, const QString &reason)
{
    m_state = state;
    m_reason = reason;
    Q_EMIT changed();
}
