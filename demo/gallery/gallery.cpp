// SPDX-License-Identifier: MIT
#include "gallery.h"

#include "common/reasons.h"

#include <QtCore/QDir>

using namespace Prefork;
using namespace std::chrono_literals;

Gallery::Gallery(Zygote *zygote, QObject *parent)
    : QObject(parent)
    , m_pool(zygote)
    , m_album(m_chaos, m_cache)
    , m_viewer(m_album, m_chaos)
{
    connect(&m_pool, &Pool::clientChanged, this, &Gallery::useClient);
    useClient(m_pool.client());
    setThumbnailSeconds(m_thumbnailSeconds);
    setPictureSeconds(m_pictureSeconds);
}

Gallery::~Gallery() = default;

void Gallery::useClient(Client *client)
{
    m_album.setClient(client);
    m_viewer.setClient(client);
    m_poolView.setClient(client);
    if (m_samples && m_samples->isRunning())
        m_samples->start(client, m_samples->count());
    if (!m_listing.isSettled())
        list();
}

QString Gallery::folder() const
{
    return hasSamples() ? QStringLiteral("Sample pictures") : QDir(m_path).dirName();
}

void Gallery::openFolder(const QUrl &folder)
{
    openPath(folder.isLocalFile() ? folder.toLocalFile() : folder.toString());
}

void Gallery::openPath(const QString &path)
{
    begin(QDir(path).absolutePath(), QStringLiteral("Looking for pictures…"));
    list();
}

void Gallery::begin(const QString &path, const QString &notice)
{
    m_listing.cancel();
    m_listing = {};
    if (m_samples)
        m_samples->stop();
    m_path = path;
    m_album.clear();
    setNotice(notice);
    Q_EMIT folderChanged();
}

// A folder may be on a disk that sleeps, or at the other end of a network.
void Gallery::list()
{
    m_listing.cancel();
    m_listing
        = m_pool.client()
              ->with({.runTimeout = 30s})
              .call(
                  Decoder::listFolder, m_path, this,
                  [this](const QStringList &paths) {
                      setNotice(paths.isEmpty() ? QStringLiteral("There are no pictures in this folder.") : QString());
                      m_album.append(paths);
                  },
                  [this](const Error &error) { setNotice(Demo::reasonFor(error)); });
}

void Gallery::openSamples(int count)
{
    begin({}, {});
    if (!m_samples) {
        m_samples = std::make_unique<SampleSource>();
        connect(m_samples.get(), &SampleSource::ready, this, &Gallery::addSamples);
    }
    m_album.append(m_samplePaths);
    m_samples->start(m_pool.client(), count);
    addSamples({});
}

void Gallery::addSamples(const QStringList &paths)
{
    m_samplePaths += paths;
    if (!hasSamples())
        return;
    m_album.append(paths);
    setNotice(m_samples->isRunning()
                  ? QStringLiteral("Making samples: %1 of %2").arg(m_samples->made()).arg(m_samples->count())
                  : QString());
}

void Gallery::setTile(int width, int height, int radius, double pixelRatio)
{
    m_album.setTile(QSize(qRound(width * pixelRatio), qRound(height * pixelRatio)), qRound(radius * pixelRatio));
}

void Gallery::setChaotic(bool on)
{
    if (on == m_chaos.isOn())
        return;
    m_chaos.setOn(on);
    if (on) // else there would be nothing to see of it once all pictures are there
        m_album.decodeAgain();
    else
        m_album.askAgain();
    Q_EMIT chaosChanged();
}

void Gallery::setDark(bool dark)
{
    if (std::exchange(m_isDark, dark) != dark)
        Q_EMIT darkChanged();
}

void Gallery::setWorkers(int count)
{
    m_pool.setWorkers(count);
    Q_EMIT settingsChanged();
}

void Gallery::setThumbnailSeconds(int seconds)
{
    m_thumbnailSeconds = std::clamp(seconds, 1, 120);
    m_album.setTimeout(std::chrono::seconds(m_thumbnailSeconds));
    Q_EMIT settingsChanged();
}

void Gallery::setPictureSeconds(int seconds)
{
    m_pictureSeconds = std::clamp(seconds, 1, 600);
    m_viewer.setTimeout(std::chrono::seconds(m_pictureSeconds));
    Q_EMIT settingsChanged();
}

void Gallery::setNotice(const QString &notice)
{
    if (std::exchange(m_notice, notice) != notice)
        Q_EMIT noticeChanged();
}
