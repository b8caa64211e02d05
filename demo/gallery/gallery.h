// SPDX-License-Identifier: MIT
#ifndef GALLERY_GALLERY_H
#define GALLERY_GALLERY_H

#include "album.h"
#include "common/poolview.h"
#include "framemeter.h"
#include "pool.h"
#include "samples.h"
#include "samplesource.h"
#include "viewer.h"

#include <QtCore/QUrl>

/// This is all of the program but its window: what QML shows, and what QML may ask for.
class Gallery : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The program makes it.")
    Q_PROPERTY(Album *album READ album CONSTANT)
    Q_PROPERTY(Viewer *viewer READ viewer CONSTANT)
    Q_PROPERTY(Demo::PoolView *pool READ pool CONSTANT)
    Q_PROPERTY(FrameMeter *frames READ frames CONSTANT)
    Q_PROPERTY(QString folder READ folder NOTIFY folderChanged)
    Q_PROPERTY(bool samples READ hasSamples NOTIFY folderChanged)
    Q_PROPERTY(QString notice READ notice NOTIFY noticeChanged)
    Q_PROPERTY(bool chaos READ isChaotic WRITE setChaotic NOTIFY chaosChanged)
    Q_PROPERTY(bool dark READ isDark WRITE setDark NOTIFY darkChanged)
    Q_PROPERTY(int workers READ workers WRITE setWorkers NOTIFY settingsChanged)
    Q_PROPERTY(int maxWorkers READ maxWorkers CONSTANT)
    Q_PROPERTY(int thumbnailSeconds READ thumbnailSeconds WRITE setThumbnailSeconds NOTIFY settingsChanged)
    Q_PROPERTY(int pictureSeconds READ pictureSeconds WRITE setPictureSeconds NOTIFY settingsChanged)

public:
    explicit Gallery(Prefork::Zygote *zygote, QObject *parent = nullptr);
    ~Gallery() override;

    [[nodiscard]] Album *album() { return &m_album; }
    [[nodiscard]] Viewer *viewer() { return &m_viewer; }
    [[nodiscard]] Demo::PoolView *pool() { return &m_poolView; }
    [[nodiscard]] FrameMeter *frames() { return &m_frames; }
    [[nodiscard]] const ThumbnailCache &cache() const { return m_cache; }

    /// Returns the name of the folder for people.
    [[nodiscard]] QString folder() const;
    [[nodiscard]] bool hasSamples() const { return m_path.isEmpty(); }
    /// Returns the text that is shown instead of pictures, or while they are made; usually it is empty.
    [[nodiscard]] QString notice() const { return m_notice; }
    Q_INVOKABLE void openFolder(const QUrl &folder);
    void openPath(const QString &path);
    /// Opens the sample images. If there are none yet, workers make them.
    Q_INVOKABLE void openSamples(int count = Samples::Count);

    /// Sets the size of tiles, and how many pixels of the screen there are for each of theirs.
    Q_INVOKABLE void setTile(int width, int height, int radius, double pixelRatio);

    [[nodiscard]] bool isChaotic() const { return m_chaos.isOn(); }
    void setChaotic(bool on);
    [[nodiscard]] bool isDark() const { return m_isDark; }
    void setDark(bool dark);
    [[nodiscard]] int workers() const { return m_pool.workers(); }
    void setWorkers(int count);
    [[nodiscard]] int maxWorkers() const { return Pool::MaxWorkers; }
    [[nodiscard]] int thumbnailSeconds() const { return m_thumbnailSeconds; }
    void setThumbnailSeconds(int seconds);
    [[nodiscard]] int pictureSeconds() const { return m_pictureSeconds; }
    void setPictureSeconds(int seconds);

Q_SIGNALS:
    void folderChanged();
    void noticeChanged();
    void chaosChanged();
    void darkChanged();
    void settingsChanged();

private:
    void useClient(Prefork::Client *client);
    void begin(const QString &path, const QString &notice);
    void list();
    void addSamples(const QStringList &paths);
    void setNotice(const QString &notice);

    Chaos m_chaos;
    ThumbnailCache m_cache;
    Pool m_pool;
    Album m_album;
    Viewer m_viewer;
    Demo::PoolView m_poolView;
    FrameMeter m_frames;
    std::unique_ptr<SampleSource> m_samples;
    QStringList m_samplePaths;
    QString m_path; // the folder; empty for the samples
    QString m_notice;
    Prefork::Call m_listing;
    bool m_isDark = false;
    int m_thumbnailSeconds = 5;
    int m_pictureSeconds = 20;
};

#endif
