// SPDX-License-Identifier: MIT
#ifndef GALLERY_SAMPLESOURCE_H
#define GALLERY_SAMPLESOURCE_H

#include <QtPrefork/Call>
#include <QtPrefork/Client>

#include <QtCore/QObject>
#include <QtCore/QPointer>
#include <QtCore/QTemporaryDir>

#include <map>

/// Has the sample images made by workers, in a folder that goes with this object.
class SampleSource : public QObject
{
    Q_OBJECT

public:
    explicit SampleSource(QObject *parent = nullptr);
    ~SampleSource() override;

    [[nodiscard]] QString folder() const { return m_folder.path(); }
    /// Begins, or goes on with another client.
    void start(Prefork::Client *client, int count);
    void stop();
    [[nodiscard]] bool isRunning() const { return m_next < m_count && m_client; }
    /// So many of count() are told.
    [[nodiscard]] int made() const { return m_next; }
    [[nodiscard]] int count() const { return m_count; }

Q_SIGNALS:
    /// Further files are there, in the order of their numbers.
    void ready(const QStringList &paths);

private:
    void settle(int number, const QString &path);

    QTemporaryDir m_folder;
    QPointer<Prefork::Client> m_client;
    int m_count = 0;
    int m_next = 0; // the first that was not told
    std::map<int, QString> m_ahead; // those that others are waited for; an empty path could not be made
    std::map<int, Prefork::Call> m_calls;
};

#endif
