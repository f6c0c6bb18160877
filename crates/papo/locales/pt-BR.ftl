# O que o papo diz, em português. O mesmo que en.ftl, com os mesmos nomes e variáveis.

## O hub, para quem está na porta de texto TCP

notice-help =
    O que você pode escrever aqui:
    /nick NOME   muda o seu nome
    /join SALA   vai para outra sala
    /who         mostra quem está nesta sala
    /help        esta lista
    /quit        sai
    Todo o resto vai para a sala. Uma linha que começa com // é enviada com uma barra só: //x diz /x.
notice-hint = Você é { $label } na sala { $room }. Escreva uma linha para falar, ou /help para ver os comandos.
notice-unknown-command = O comando { $given } não existe: nada foi enviado. /help lista os comandos; para dizer uma linha que começa com barra, escreva duas.
notice-unknown-command-suggest = O comando { $given } não existe: nada foi enviado. Você quis dizer { $suggestion }? Para dizer uma linha que começa com barra, escreva duas.
notice-who =
    { $count ->
        [one] 1 pessoa em { $room } neste hub: { $labels }
       *[other] { $count } pessoas em { $room } neste hub: { $labels }
    }
notice-who-more =
    { $count ->
        [one] e mais 1
       *[other] e mais { $count }
    }
notice-nick-set = Agora você é { $nick }.
notice-nick-taken = Já há { $wanted } aqui: agora você é { $given }.
notice-nick-bad = Esse não pode ser o seu nome: ele { $reason }.
notice-nick-usage = Escreva o nome depois do comando, por exemplo /nick maria.
notice-room-joined = Agora você está na sala { $room }.
notice-room-same = Você já está na sala { $room }.
notice-room-bad = Essa não pode ser uma sala: o nome { $reason }.
notice-room-usage = Escreva a sala depois do comando, por exemplo /join lobby.
notice-rooms-full = Este hub já tem todas as salas que comporta: entre em uma que existe.
notice-too-long = Não foi enviado: { $bytes } bytes é demais, o limite é { $limit }. Divida o texto em partes.
notice-goodbye = Até logo!

## O que há de errado com um nome: o fim de uma frase que começou com ele

name-empty = está vazio
name-too-long =
    { $limit ->
        [one] tem mais de 1 caractere
       *[other] tem mais de { $limit } caracteres
    }
name-forbidden = não pode conter o caractere “{ $character }”
name-space = não pode ter espaço
name-reserved = é reservado
name-not-hex = não são 32 dígitos hexadecimais

## Motivos em quadros de fechamento do WebSocket: no máximo 120 bytes

close-going-away = o hub está sendo desligado
close-slow-consumer = as mensagens chegaram mais rápido do que esta conexão podia receber
close-binary = aqui só se entende texto
close-bad-utf8 = o texto não é UTF-8 válido
close-too-large = a mensagem é grande demais
close-keepalive = nenhum sinal de vida por tempo demais
close-too-many-sessions = conexões demais vindas do seu endereço
close-hub-full = o hub está cheio

## Erros: depois de "papo: "

error-unexpected = aconteceu algo que não devia: { $detail }
error-write = não foi possível escrever { $path }: { $detail }
error-lang = --lang { $given }: não há esse idioma aqui, escreva en ou pt-BR
error-command-line = { $detail }; veja papo --help
error-argument-unknown = a opção { $given } não existe; --help lista as que existem
error-argument-unknown-suggest = a opção { $given } não existe; você quis dizer { $suggestion }?
error-argument-missing = falta { $argument }; --help mostra um exemplo
error-argument-repeated = { $argument } só pode ser dada uma vez, e não com o que a exclui
error-command-missing = falta um comando; papo --help lista os que existem
error-command-unknown = o comando { $given } não existe; papo --help lista os que existem
error-command-unknown-suggest = o comando { $given } não existe; você quis dizer { $suggestion }?
error-value-missing = { $argument } precisa de um valor depois dela
error-value-unknown = { $argument } não pode ser { $given }; as opções são { $valid }
error-value-unwanted = { $argument } não aceita valor, mas recebeu { $given }
error-config-unreadable = não foi possível ler o arquivo de configuração { $path }: { $detail }
error-config = { $path }:{ $line }: { $reason }
error-toml-syntax = isto não é TOML: { $detail }
error-key-unknown = a configuração { $key } não existe
error-key-unknown-suggest = a configuração { $key } não existe; você quis dizer { $suggestion }?
error-want-section = { $section } tem de ser uma seção: escreva [{ $section }] em uma linha só
error-want-text = { $key } tem de ser um texto entre aspas
error-want-text-or-number = { $key } tem de ser um texto entre aspas ou um número inteiro
error-want-list = { $key } tem de ser uma lista de textos, por exemplo ["um", "dois"]
error-want-true-or-false = { $key } tem de ser true ou false
error-want-switch = não é ligado nem desligado: escreva 1 ou 0
error-setting = { $source }: "{ $given }" { $reason }
error-address = não é um endereço onde escutar: escreva um endereço IP e uma porta, por exemplo { $suggestion }
error-port = não tem uma porta possível: as portas vão de 1 a 65535 (0 deixa o sistema escolher onde o papo escuta)
error-link = não é a URL de um hub: escreva uma como http://192.168.0.10:8000/relay
error-link-scheme = não começa com http:// nem https://: escreva { $suggestion }
error-link-credentials = contém um nome de usuário: ligações entre hubs são assinadas, veja --link-secret-file
error-secret-unreadable = não pode ser lido: { $detail }
error-secret-empty = está vazio: ponha nele um texto longo e aleatório, o mesmo nos dois hubs
error-secret-short = tem só { $bytes } bytes: ponha nele um texto aleatório de pelo menos { $least }, o mesmo nos dois hubs
error-rate = não é uma taxa: escreva mensagens por segundo como um número inteiro a partir de 1, ou off
error-per-minute = não é um número de conexões: escreva quantas por minuto como um número inteiro a partir de 1, ou off
error-dialect = não é um dialeto: escreva 2025-09 ou 2025-11
error-file-name = não é o nome de um arquivo: escreva um como pares.jsonl
error-data-ephemeral = { $data } e { $ephemeral } se excluem: guarde os dados em um arquivo, ou não guarde nada
error-network = não é uma rede: escreva uma como 10.0.0.0/8, ou um só endereço
error-host = não é um nome de máquina: escreva só o nome, sem http:// e sem porta
error-origin = não é uma origem: escreva uma como https://chat.example, sem caminho
error-directory = não tem um index.html: dê o diretório da página

error-journal = não foi possível guardar os dados em { $path }: { $detail }
error-journal-in-use = { $path } está em uso por outro papo: escolha outro --data, ou --ephemeral
error-journal-no-file = { $path } não é um arquivo comum: escolha outro --data, ou --ephemeral
error-journal-foreign = { $path } contém algo que não são os dados de um registro: escolha outro --data, ou --ephemeral
error-import-large = { $path } é maior que { $limit } MiB: nenhum servidor antigo o escreveu
error-import-malformed = { $path } começa como o arquivo de um servidor antigo e não é uma lista de pares: { $detail }. Conserte-o, ou escolha outro --data
error-journal-unsaved =
    { $entries ->
        [one] 1 mudança não está em { $path }: { $detail }
       *[other] { $entries } mudanças não estão em { $path }: { $detail }
    }

error-health-url = "{ $given }" não é a URL de um hub: escreva uma como http://127.0.0.1:8000
error-health-status = { $url } responde { $status }: o hub não está pronto
error-health-unreachable = ninguém responde em { $url } ({ $detail }): o papo serve está rodando lá?
error-health-slow =
    { $seconds ->
        [one] { $url } não respondeu em 1 segundo
       *[other] { $url } não respondeu em { $seconds } segundos
    }

error-connect-url = papo connect fala com a porta TCP, não com { $given }: use host:4333
error-connect-address = "{ $given }" não é um endereço: use host ou host:porta, por exemplo 192.168.0.10:4333
error-connect-refused = ninguém escuta em { $address }: o papo serve está rodando lá, com a porta TCP { $port }?
error-connect-failed = não foi possível conectar a { $address }: { $detail }
error-connect-slow = { $address } não responde: o endereço está certo, e algum firewall bloqueia a porta { $port }?
error-connect-closed = o servidor fechou a conexão
error-connect-lost = a conexão caiu: { $detail }

## papo connect, em stderr

say-connected = conectado a { $address }; /help lista os comandos, Ctrl-D sai
say-left = saiu de { $address }
say-interrupted = interrompido
say-input-unreadable = não foi possível continuar a ler a entrada: { $detail }
say-too-long = não foi enviada: a linha tem { $bytes } bytes, o limite é { $limit }
say-unknown-command = o comando { $given } não existe: nada foi enviado; /help lista os comandos, // envia uma linha que começa com barra
say-unknown-command-suggest = o comando { $given } não existe: nada foi enviado; você quis dizer { $suggestion }?
say-old-server = este servidor não conhece { $given }: ele só repassa linhas
say-help =
    /nick NOME   muda o seu nome (quem faz é o hub)
    /join SALA   vai para outra sala (quem faz é o hub)
    /who         mostra quem está na sala (quem responde é o hub)
    /help        esta lista
    /quit, /exit sai, como Ctrl-D
    Todo o resto vai para a sala. Para enviar uma linha que começa com barra, escreva duas: //x diz /x.

# papo serve: as primeiras linhas, e o que o impede de escutar

serve-ready = papo: o chat “{ $name }” está aberto; todos começam na sala { $room }
serve-ready-http = no navegador: { $url }
serve-ready-tcp = no terminal: nc { $spaced }   ou: papo connect { $address }
serve-ready-link = liga-se a { $url }
serve-ready-local = só esta máquina o alcança; papo serve --lan o abre para a rede
serve-ready-rendezvous = rendezvous para peers: { $address }
rendezvous-ready = papo: o rendezvous está aberto (dialeto { $dialect }); é aqui que os peers se registram e se encontram
rendezvous-ready-address = os peers usam: --rendezvous { $address }
rendezvous-ready-data = os registros ficam em { $path }
rendezvous-ready-ephemeral = os registros não são guardados: acabam com este processo
rendezvous-trust-unused = --trust não muda nada no dialeto 2025-11, que conta todos como o original; --max-per-minute muda
serve-few-files = esta máquina permite { $got } arquivos abertos e { $wanted } podem ser necessários: caberão menos conexões. Aumente o limite rígido (ulimit -Hn) antes de iniciá-lo.
error-bind = não dá para escutar em { $address }: { $error }
error-bind-in-use = não dá para escutar em { $address }: outro programa já escuta ali. Se for um papo mais antigo, encerre-o; ou escolha outra porta: papo { $command } { $option } { $next }
error-bind-permission = não dá para escutar em { $address }: este usuário não pode usar essa porta. Escolha uma acima de 1023: papo { $command } { $option } { $next }
error-bind-not-here = não dá para escutar em { $address }: esta máquina não tem esse endereço. Use 127.0.0.1 só para esta máquina, ou 0.0.0.0 para todos os endereços que ela tem.
close-bad-frame = isso não era um quadro WebSocket válido
